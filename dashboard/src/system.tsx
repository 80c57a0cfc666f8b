// The machinery: who works, what waits, who sweeps, and what was ordered.

import type { ComponentChildren } from "preact";
import { get } from "./api";
import { clockTime, count, dateTime, duration } from "./format";
import { useNow, usePolled } from "./hooks";

interface Worker {
  name: string; process: string; version: string; group: string; held: number | null; done: number | null; failed: number | null;
  started_at: string; asked_at: string | null; stopped_at: string | null; seen_at: string; refusal?: string;
}
interface Topic { topic: string; waiting?: number; leased?: number; oldest_at?: string | null; error?: string }
interface Coordinator { process: string; started_at: string; stopped_at: string | null; swept_at: string | null; seen_at: string }
interface Coordinators { sweep_leader: string | null; coordinators: Coordinator[] }
interface Canaries {
  period: string; losses: number; dead: boolean; detail: string;
  canaries: { id: string; sent_at: string; worked_at: string | null; counted_at: string | null; lost?: boolean }[];
}
interface Quarantined { at: string; topic: string; reason: string; body: string }
interface Audited { at: string; who: string; role: string; action: string; target: string; why: string; from: string }
interface Check { name: string; ok: boolean; detail: string }

const PERIOD_MS = 3000;
const SILENT_SECONDS = 30; // A worker or coordinator writes every 10 s.

function Card({ id, title, note, children }: { id: string; title: string; note?: string; children: ComponentChildren }) {
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}{note && <span class="quiet"> {note}</span>}</h2>
      {children}
    </section>
  );
}

function Table({ label, heads, rows }: { label: string; heads: string[]; rows: ComponentChildren[][] }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead><tr>{heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead>
        <tbody>{rows.map((row, n) => <tr key={n}>{row.map((cell, m) => <td key={m}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function ago(at: string | null | undefined, now: number): string {
  return at ? `${duration((now - Date.parse(at)) / 1000)} ago` : "never";
}

function there(one: { seen_at: string; stopped_at: string | null }, now: number): boolean {
  return !one.stopped_at && now - Date.parse(one.seen_at) < SILENT_SECONDS * 1000;
}

function Workers({ workers, now }: { workers: Worker[]; now: number }) {
  const here = workers.filter((worker) => there(worker, now));
  const gone = workers.filter((worker) => !there(worker, now)).slice(0, 10);
  const row = (worker: Worker) => [
    <><i class={`dot ${there(worker, now) ? (worker.refusal ? "s-expired" : "s-succeeded") : "s-cancelled"}`} />{worker.name}{worker.group && ` (${worker.group})`}</>,
    worker.version, worker.stopped_at ? `stopped ${ago(worker.stopped_at, now)}` : ago(worker.seen_at, now),
    worker.held === null ? "unknown" : count(worker.held), worker.done === null ? "" : count(worker.done),
    worker.failed === null ? "" : count(worker.failed), worker.refusal ?? "",
  ];
  return (
    <Card id="workers" title="Workers" note={`${here.length} there`}>
      {here.length === 0 && <p class="problem">No worker is there. <code>tipoff worker</code> starts one.</p>}
      {here.length + gone.length > 0 && (
        <Table label="Workers" heads={["Worker", "Version", "Seen", "Holds", "Done", "Failed", "Refuses because"]}
               rows={[...here, ...gone].map(row)} />
      )}
    </Card>
  );
}

function Backlog({ topics, now }: { topics: Topic[]; now: number }) {
  return (
    <Card id="backlog" title="Backlog">
      <Table label="Backlog" heads={["Topic", "Waiting", "Held", "Oldest"]} rows={topics.map((topic) => [
        topic.topic, topic.error ?? count(topic.waiting ?? 0), topic.error ? "" : count(topic.leased ?? 0),
        topic.oldest_at ? `${duration((now - Date.parse(topic.oldest_at)) / 1000)} old` : "–",
      ])} />
    </Card>
  );
}

function Sweep({ value, now }: { value: Coordinators; now: number }) {
  const shown = value.coordinators.filter((one, n) => there(one, now) || n < 5);
  return (
    <Card id="sweep" title="Coordinators" note={value.sweep_leader ? `${value.sweep_leader} sweeps` : "nobody is known to sweep"}>
      <Table label="Coordinators" heads={["Process", "Since", "Seen", "Knows of a sweep"]} rows={shown.map((one) => [
        <><i class={`dot ${there(one, now) ? "s-succeeded" : "s-cancelled"}`} />{one.process}{one.process === value.sweep_leader && <b> sweeps</b>}</>,
        dateTime(one.started_at), one.stopped_at ? `stopped ${ago(one.stopped_at, now)}` : ago(one.seen_at, now), ago(one.swept_at, now),
      ])} />
    </Card>
  );
}

function CanaryCard({ value, now }: { value: Canaries; now: number }) {
  return (
    <Card id="canary" title="Canary">
      <p class={value.dead ? "problem" : "quiet"}>{value.detail}</p>
      {value.canaries.length > 0 && (
        <Table label="Canaries" heads={["Sent", "To the worker", "Back"]} rows={value.canaries.slice(0, 5).map((one) => [
          ago(one.sent_at, now),
          one.worked_at ? duration((Date.parse(one.worked_at) - Date.parse(one.sent_at)) / 1000) : "–",
          one.counted_at && one.worked_at ? duration((Date.parse(one.counted_at) - Date.parse(one.worked_at)) / 1000) : "–",
        ])} />
      )}
    </Card>
  );
}

function QuarantineCard({ messages }: { messages: Quarantined[] }) {
  return (
    <Card id="quarantine" title="Quarantine" note={messages.length ? "messages that nobody could use" : ""}>
      {messages.length === 0 ? <p class="quiet">Empty.</p> : (
        <Table label="Quarantine" heads={["At", "Topic", "Reason", "Message"]} rows={messages.slice(0, 20).map((one) => [
          dateTime(one.at), one.topic, one.reason, <code class="cut">{one.body.slice(0, 120)}</code>,
        ])} />
      )}
    </Card>
  );
}

function AuditCard() {
  const { value, problem } = usePolled(() => get<{ entries: Audited[] }>("/v1/audit?limit=50"), PERIOD_MS * 2, "audit");
  return (
    <Card id="audit" title="Audit log" note="who ordered what, and why">
      {problem && <p class="quiet">{problem}</p>}
      {value && value.entries.length === 0 && <p class="quiet">Nothing was ordered yet.</p>}
      {value && value.entries.length > 0 && (
        <Table label="Audit log" heads={["At", "Who", "What", "Of", "Why", "From"]} rows={value.entries.map((one) => [
          `${dateTime(one.at)}:${clockTime(one.at).slice(-2)}`, one.who, one.action, one.target, one.why, one.from,
        ])} />
      )}
    </Card>
  );
}

async function ask() {
  const [workers, backlog, coordinators, canaries, quarantine, ready] = await Promise.all([
    get<{ workers: Worker[] }>("/v1/workers"), get<{ topics: Topic[] }>("/v1/backlog"),
    get<Coordinators>("/v1/coordinators"), get<Canaries>("/v1/canaries?limit=5"),
    get<{ messages: Quarantined[] }>("/v1/quarantine?limit=20"), get<{ checks: Check[] }>("/readyz"),
  ]);
  return { workers, backlog, coordinators, canaries, quarantine, ready };
}

export function SystemView({ mayOperate }: { mayOperate: boolean }) {
  const { value, problem } = usePolled(ask, PERIOD_MS, "system");
  const now = useNow();
  return (
    <>
      <h1>System</h1>
      {problem && <p class="problem" role="alert">{problem}; what is shown may be old.</p>}
      {value && (
        <>
          <ul class="checks" aria-label="Checks">
            {value.ready.checks.map(({ name, ok, detail }) => (
              <li key={name} class={ok ? "" : "problem"}>
                <i class={`dot ${ok ? "s-succeeded" : "s-failed"}`} /><b>{name}</b> {detail}
              </li>
            ))}
          </ul>
          <Workers workers={value.workers.workers} now={now} />
          <div class="two">
            <Backlog topics={value.backlog.topics} now={now} />
            <Sweep value={value.coordinators} now={now} />
          </div>
          <div class="two">
            <CanaryCard value={value.canaries} now={now} />
            <QuarantineCard messages={value.quarantine.messages} />
          </div>
        </>
      )}
      {mayOperate && <AuditCard />}
    </>
  );
}
