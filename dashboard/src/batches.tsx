// All batches: those that run, the one in the greatest danger first; then those that have ended.

import type { Batch } from "./api";
import { get } from "./api";
import { OutcomeBar, StatusPill } from "./bar";
import { clockTime, count, dateTime, duration, shortId } from "./format";
import { useNow, usePolled } from "./hooks";
import type { Point, Standing } from "./projection";
import { doneOf, isOver, standing } from "./projection";

interface Page { batches: Batch[] }
interface Ready { status: string; checks: { name: string; ok: boolean; detail: string }[] }

const PERIOD_MS = 2000;
const POINTS_MAX = 600;
// What the page has seen of each live batch, for its pace.
const seen = new Map<string, Point[]>();

async function ask(): Promise<Batch[]> {
  const [live, newest] = await Promise.all([
    get<Page>("/v1/batches?live=true&limit=200"), get<Page>("/v1/batches?limit=50")]);
  const all = new Map(newest.batches.map((batch) => [batch.batch_id, batch]));
  for (const batch of live.batches) all.set(batch.batch_id, batch);
  for (const id of seen.keys()) if (!all.has(id)) seen.delete(id);
  for (const batch of all.values()) {
    if (isOver(batch)) continue;
    const started = Date.parse(batch.started_at);
    const points = seen.get(batch.batch_id) ?? [{ at: started, done: 0 }];
    points.push({ at: started + batch.age_seconds * 1000, done: doneOf(batch) });
    if (points.length > POINTS_MAX) points.splice(1, points.length - POINTS_MAX);
    seen.set(batch.batch_id, points);
  }
  return [...all.values()];
}

export function riskWords({ risk, slack, projection }: Standing, batch: Batch, now: number) {
  const left = (Date.parse(batch.terminal_by) - now) / 1000;
  const idle = (now - Date.parse(batch.progress_at)) / 1000;
  switch (risk) {
    case "over": return "";
    case "overdue": return `overdue by ${duration(-left)}`;
    case "stuck": return `no progress for ${duration(idle)}`;
    case "late": return `will be late by ${duration(-slack)} at this pace`;
    default:
      return projection ? `${duration(slack)} to spare` : `no pace yet, ${duration(left)} left`;
  }
}

function Times({ batch, standing: { projection } }: { batch: Batch; standing: Standing }) {
  if (isOver(batch)) {
    return <>ended {dateTime(batch.ended_at)}, after {duration(batch.age_seconds)}</>;
  }
  return (
    <>
      {projection && <>ends about <b>{clockTime(projection.end)}</b>, </>}
      promised by {clockTime(batch.terminal_by)}
    </>
  );
}

function Row({ batch, at, now }: { batch: Batch; at: Standing; now: number }) {
  return (
    <li class={`card row r-${at.risk}`}>
      <a class="cover" href={`#/batches/${batch.batch_id}`}>
        <b>{batch.game_date}</b> {batch.dataset && <span>{batch.dataset} </span>}
        <span class="id">{shortId(batch.batch_id)}</span>
      </a>
      <StatusPill batch={batch} />
      <span class="risk">{riskWords(at, batch, now)}</span>
      <OutcomeBar batch={batch} />
      <span class="numbers">
        {count(doneOf(batch))} of {count(batch.counts.expected)} done,
        {" "}{count(batch.total_predictions)} predictions
      </span>
      <span class="quiet times"><Times batch={batch} standing={at} /></span>
    </li>
  );
}

function Health() {
  const { value } = usePolled(() => get<Ready>("/readyz"), 5000, "ready");
  const bad = value?.checks.filter(({ ok }) => !ok) ?? [];
  if (bad.length === 0) return null;
  return (
    <div class="problem" role="status">
      {bad.map(({ name, detail }) => <p key={name}><b>{name}</b>: {detail}</p>)}
    </div>
  );
}

export function BatchList() {
  const { value, problem } = usePolled(ask, PERIOD_MS, "batches");
  const now = useNow();
  const rows = (value ?? []).map((batch) => ({
    batch, at: standing(batch, seen.get(batch.batch_id) ?? [], now) }));
  const live = rows.filter(({ at }) => at.risk !== "over").sort((a, b) => a.at.slack - b.at.slack);
  const over = rows.filter(({ at }) => at.risk === "over")
    .sort((a, b) => Date.parse(b.batch.started_at) - Date.parse(a.batch.started_at));
  return (
    <>
      <h1>Batches</h1>
      {problem && <p class="problem" role="alert">{problem}; what is shown may be old.</p>}
      <Health />
      <h2>Live{live.length > 0 && <span class="quiet">, the least time to spare first</span>}</h2>
      {value && live.length === 0 && (
        <p class="quiet">None runs. <code>tipoff batch start --date TODAY</code> starts one.</p>
      )}
      <ul class="list" aria-label="Live batches">
        {live.map((row) => <Row key={row.batch.batch_id} {...row} now={now} />)}
      </ul>
      <h2>Ended</h2>
      {value && over.length === 0 && <p class="quiet">None yet.</p>}
      <ul class="list" aria-label="Ended batches">
        {over.map((row) => <Row key={row.batch.batch_id} {...row} now={now} />)}
      </ul>
    </>
  );
}
