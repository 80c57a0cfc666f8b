// What the page asks of the server, and the shape of the answers; docs/API.md has all of it.

export type Outcome = "succeeded" | "skipped" | "failed" | "expired" | "cancelled" | "undelivered";
export type State = "pending" | "published" | "leased" | Outcome;

export const OUTCOMES: Outcome[] = [
  "succeeded", "skipped", "failed", "expired", "cancelled", "undelivered",
];
export const STATES: State[] = ["pending", "published", "leased", ...OUTCOMES];

export interface Batch {
  batch_id: string;
  game_date: string;
  dataset: string;
  status: string;
  phase: string;
  reason: string | null;
  message: string;
  terminal_by: string;
  started_at: string;
  progress_at: string;
  ended_at: string | null;
  counts: Record<Outcome | "expected" | "open", number>;
  open: { pending: number; published: number; leased: number };
  done_percent: number;
  total_predictions: number;
  late: number;
  publication: number | null;
  generation: number;
  retry_of: string | null;
  superseded_by: string | null;
  run_mode: string;
  trigger: string;
  age_seconds: number;
  idle_seconds: number | null;
  policy: { stall_after: string; stall_percent: number; deadline: string; tolerance: string };
  version: number;
  journal?: Entry[]; // Of an event.
}

export interface Entry {
  seq: number;
  at: string;
  actor: string;
  events: string[];
  phase: string;
  reason: string | null;
  message: string;
  transitions: { to: State; requests: string }[];
}

export interface Request {
  ordinal: number;
  player_id: string;
  player_name: string;
  group: string;
  game_id: string;
  team: string;
  opponent: string;
  is_home: boolean;
  state: State;
  reason: string | null;
  attempt: number;
  predictions: number;
  worker: string | null;
  recorded_at: string | null;
  published_at: string | null;
  leased_at: string | null;
  reported_at: string | null;
  counted_at: string | null;
  late_at: string | null;
}

export interface Hop {
  count: number | null;
  waiting: number;
  oldest_waiting_seconds: number | null;
}
export type HopName = "recorded" | "published" | "leased" | "reported" | "counted";
export const HOPS: HopName[] = ["recorded", "published", "leased", "reported", "counted"];

export interface Why {
  layer: string;
  sentence: string;
  confidence: number;
  evidence: { name: string; detail: string }[];
  hops: Record<HopName, Hop> | null;
  next_command: string;
}

export interface Prediction {
  prediction_id: string;
  game_id: string;
  player_id: string;
  player_name: string;
  team: string;
  opponent: string;
  is_home: boolean;
  projected_minutes: number;
  system: string;
  predicted_points: number;
  spread: number;
  confidence: number;
  line: number | null;
  recommendation: "OVER" | "UNDER" | "PASS" | "NO_LINE";
  model_version: string;
  batch_id: string;
  p_over?: number | null;
}

export interface Published {
  game_date: string;
  publication: number | null;
  predictions: Prediction[];
  skipped: { player_id: string; player_name: string; game_id: string; reason: string }[];
}

export interface Session {
  name: string;
  role: "read" | "work" | "operate";
  open: boolean;
}

export class Refused extends Error {
  constructor(readonly status: number, detail: string) {
    super(detail);
  }
}

// Ask again after signing in.
let signedOut: () => void = () => {};
export function onSignedOut(listener: () => void) {
  signedOut = listener;
}

// The server's clock minus this machine's, in ms: ages are told by the server's.
let offset = 0;
export function serverNow(): number {
  return Date.now() + offset;
}
export function learnClock(at: number) {
  const heard = at - Date.now();
  if (Math.abs(heard - offset) > 1500) offset = heard;
}

const TIMEOUT_MS = 20_000;

export async function call<T>(method: string, path: string, body?: unknown,
                              headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) learnClock(date + 500);
  if (answer.status === 204) return undefined as T;
  const json = await answer.json().catch(() => null);
  if (!answer.ok && !(path.startsWith("/readyz") && json?.checks)) {
    if (answer.status === 401 && path !== "/v1/session") signedOut();
    throw new Refused(answer.status, json?.detail ?? `the server answered ${answer.status}`);
  }
  return json as T;
}

export function get<T>(path: string): Promise<T> {
  return call<T>("GET", path);
}

// All pages of a list, told as they come.
export async function pages<T>(path: string, field: string, cursor: string, limit: number,
                               take: (items: T[]) => boolean): Promise<void> {
  let next: string | null = "";
  while (next !== null) {
    const query: string = `limit=${limit}` + (next ? `&${cursor}=${encodeURIComponent(next)}` : "");
    const page: Record<string, unknown> = await get(`${path}?${query}`);
    if (!take(page[field] as T[])) return;
    next = page.next_cursor as string | null;
  }
}

export function batchPath(id: string): string {
  return `/v1/batches/${encodeURIComponent(id)}`;
}

export function words(problem: unknown): string {
  if (problem instanceof Refused) return problem.message;
  if (problem instanceof DOMException) return "the server did not answer in time";
  return "the server can't be reached";
}
