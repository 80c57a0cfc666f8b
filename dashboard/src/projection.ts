// When a live batch will end, by the pace of its own last while. No I/O, no clock.

import type { Batch } from "./api";
import { OUTCOMES } from "./api";
import { parseDuration } from "./format";

export interface Point {
  at: number; // ms
  done: number;
}

export interface Projection {
  end: number; // ms
  early: number;
  late: number; // Infinity: too little is known to say.
  perSecond: number;
}

const WINDOW_MIN_MS = 15_000;

// Requests arrive about as a Poisson process does: n of them in the window are known to within
// sqrt(n). The band is 95 %. null: nothing was done within the window, so there is no pace.
export function project(points: Point[], open: number, started: number,
                        now: number): Projection | null {
  if (points.length === 0) return null;
  const last = points[points.length - 1];
  const from = Math.max(started, now - Math.max(WINDOW_MIN_MS, (now - started) / 2));
  let before = 0;
  for (const point of points) {
    if (point.at > from) break;
    before = point.done;
  }
  const n = last.done - before;
  if (n <= 0 || now <= from) return null;
  const perSecond = (n / (now - from)) * 1000;
  const off = 1.96 / Math.sqrt(n);
  const wait = (open / perSecond) * 1000;
  return {
    end: now + wait,
    early: now + wait / (1 + off),
    late: off < 1 ? now + wait / (1 - off) : Infinity,
    perSecond,
  };
}

export function doneOf(batch: Batch): number {
  return batch.counts.expected - batch.counts.open;
}

export function isOver(batch: Batch): boolean {
  return ["succeeded", "partial", "failed", "cancelled"].includes(batch.phase);
}

export type Risk = "over" | "fine" | "close" | "late" | "stuck" | "overdue";

export interface Standing {
  risk: Risk;
  slack: number; // Seconds from the projected end to the promised one; -Infinity without a pace.
  projection: Projection | null;
}

// `points` may be few: a list is looked at now and then. The average since the start then counts.
export function standing(batch: Batch, points: Point[], now: number): Standing {
  if (isOver(batch)) return { risk: "over", slack: Infinity, projection: null };
  const promised = Date.parse(batch.terminal_by);
  const started = Date.parse(batch.started_at);
  const idle = (now - Date.parse(batch.progress_at)) / 1000;
  const projection = project(points, batch.counts.open, started, now);
  if (now > promised) return { risk: "overdue", slack: (promised - now) / 1000, projection: null };
  if (idle >= parseDuration(batch.policy.stall_after)) {
    return { risk: "stuck", slack: -Infinity, projection: null };
  }
  if (!projection) {
    const left = (promised - now) / 1000;
    return { risk: idle > 30 ? "close" : "fine", slack: left / 2, projection };
  }
  const slack = (promised - projection.end) / 1000;
  const risk = projection.end > promised ? "late" : projection.late > promised ? "close" : "fine";
  return { risk, slack, projection };
}

// "0-3,7" -> each of them.
export function ordinals(ranges: string): number[] {
  const all: number[] = [];
  for (const range of ranges.split(",")) {
    if (!range) continue;
    const [first, last] = range.split("-").map(Number);
    for (let n = first; n <= (last ?? first); ++n) all.push(n);
  }
  return all;
}

export function isOutcome(state: string): boolean {
  return (OUTCOMES as string[]).includes(state);
}

// P(points > line) for a normal distribution. Abramowitz and Stegun 7.1.26, good to 1e-7.
export function chanceOver(mean: number, spread: number, line: number): number {
  const z = (line - mean) / (Math.max(spread, 0.01) * Math.SQRT2);
  const t = 1 / (1 + 0.3275911 * Math.abs(z));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 +
    t * 1.061405429)))) * Math.exp(-z * z);
  return z >= 0 ? tail / 2 : 1 - tail / 2;
}
