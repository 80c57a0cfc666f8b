// One batch: how it stands, why, where its requests are, and its life so far.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Batch, Entry, Request, Why } from "./api";
import { batchPath, get, HOPS, pages, words } from "./api";
import { OutcomeBar, StatusPill } from "./bar";
import { riskWords } from "./batches";
import { clockTime, count, dateTime, duration } from "./format";
import { useEvents, useNow, usePolled } from "./hooks";
import { Orders } from "./orders";
import { PacePlot } from "./plot";
import type { Point, Standing } from "./projection";
import { doneOf, isOutcome, isOver, ordinals, standing } from "./projection";
import { Requests } from "./requests";

const ROWS_PERIOD_MS = 15_000; // Workers and attempts are not in the journal; rows are read again.
const ENTRIES_SHOWN = 100;

// What is known of the batch. Changed in place, because its rows may be many; `tick` redraws.
class Book {
  batch: Batch | null = null;
  journal: Entry[] = [];
  rows: Request[] = [];
  rowsRead = false;
  points: Point[] = [];
  changes = 0;

  take(entry: Entry) {
    const last = this.journal.length ? this.journal[this.journal.length - 1].seq : 0;
    if (entry.seq <= last) return;
    this.journal.push(entry);
    let done = this.points.length ? this.points[this.points.length - 1].done : 0;
    for (const { to, requests } of entry.transitions) {
      const touched = ordinals(requests);
      if (isOutcome(to)) done += touched.length;
      for (const ordinal of touched) this.move(ordinal, to, entry.at);
    }
    this.points.push({ at: Date.parse(entry.at), done });
    ++this.changes;
  }

  private move(ordinal: number, to: Request["state"], at: string) {
    const row = this.rows[ordinal];
    if (!row || row.ordinal !== ordinal || isOutcome(row.state)) return;
    const moved = { ...row, state: to };
    if (to === "published") moved.published_at ??= at;
    if (to === "leased") moved.leased_at ??= at;
    if (to === "succeeded" || to === "skipped" || to === "failed") moved.counted_at ??= at;
    this.rows[ordinal] = moved;
  }
}

async function readRows(id: string, alive: () => boolean): Promise<Request[]> {
  const rows: Request[] = [];
  await pages<Request>(`${batchPath(id)}/requests`, "requests", "cursor", 500, (page) => {
    rows.push(...page);
    return alive();
  });
  return rows;
}

// Everything of one batch, kept up to date.
function useBook(id: string) {
  const book = useRef(new Book()).current;
  const [, tick] = useState(0);
  const [problem, setProblem] = useState("");
  const redraw = () => tick((n) => n + 1);
  const [read, setRead] = useState(false);
  const ended = book.batch !== null && isOver(book.batch);
  useEffect(() => {
    let alive = true;
    let timer = 0;
    const begin = async () => {
      try {
        book.batch = await get<Batch>(batchPath(id));
        await pages<Entry>(`${batchPath(id)}/journal`, "entries", "after", 500, (page) => {
          for (const entry of page) book.take(entry);
          return alive;
        });
        if (!alive) return;
        setProblem("");
        setRead(true);
        redraw();
      } catch (refusal) {
        if (!alive) return;
        setProblem(words(refusal));
        timer = window.setTimeout(begin, 3000);
      }
    };
    void begin();
    return () => { alive = false; clearTimeout(timer); };
  }, [id]);
  useEffect(() => {
    if (!read) return;
    let alive = true;
    let timer = 0;
    const look = async () => {
      try {
        const before = book.changes;
        const rows = await readRows(id, () => alive);
        if (!alive) return;
        book.rows = rows;
        book.rowsRead = true;
        ++book.changes;
        redraw();
        // What came while the pages were read is in some of them only.
        if (book.changes !== before + 1 && !ended) timer = window.setTimeout(look, 3000);
        else if (!ended) timer = window.setTimeout(look, ROWS_PERIOD_MS);
      } catch (refusal) {
        if (alive) timer = window.setTimeout(look, 5000);
      }
    };
    void look();
    return () => { alive = false; clearTimeout(timer); };
  }, [id, read, ended]);
  const seq = book.journal.length ? book.journal[book.journal.length - 1].seq : 0;
  const live = useEvents(id, read ? seq : null, ended, (batch) => {
    for (const entry of batch.journal ?? []) book.take(entry);
    delete batch.journal;
    book.batch = batch;
    redraw();
  });
  // A batch whose time is over ends when it is asked, or by the sweep: either way it is asked.
  useEffect(() => {
    if (!read || ended) return;
    const timer = setInterval(async () => {
      try {
        const batch = await get<Batch>(batchPath(id));
        if (batch.version >= (book.batch?.version ?? 0)) book.batch = batch;
        setProblem("");
      } catch (refusal) {
        setProblem(words(refusal));
      }
      redraw();
    }, 10_000);
    return () => clearInterval(timer);
  }, [id, read, ended]);
  return { book, problem, live, ended, redraw };
}

function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <p class="command">
      <code>{text}</code>
      <button onClick={copy}>{copied ? "Copied" : "Copy"}</button>
    </p>
  );
}

function WhyCard({ why, problem }: { why: Why | null; problem: string }) {
  return (
    <section class={`card why ${why && why.layer !== "none" ? "bad" : ""}`} aria-labelledby="why">
      <h2 id="why">Why{why && why.layer !== "none" && <>: <b>{why.layer}</b></>}</h2>
      {problem && <p class="quiet">{problem}</p>}
      {why && <p class="sentence" aria-live="polite">{why.sentence}</p>}
      {why?.next_command && <><p class="quiet">Type next:</p><Command text={why.next_command} /></>}
      {why && why.evidence.length > 0 && (
        <details>
          <summary>Evidence</summary>
          <dl class="evidence">
            {why.evidence.map(({ name, detail }) => (
              <div key={name}><dt>{name}</dt><dd>{detail}</dd></div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

const HOP_WORDS = { recorded: "in the store", published: "on the bus", leased: "with workers",
                    reported: "answered", counted: "counted" };

function Funnel({ batch, why }: { batch: Batch; why: Why | null }) {
  const expected = batch.counts.expected;
  const known = HOPS.map((hop) => {
    if (hop === "recorded") return expected;
    if (hop === "counted" && !isOver(batch)) return doneOf(batch);
    const told = why?.hops ? why.hops[hop].count : null;
    if (hop === "published" && !isOver(batch)) return Math.max(told ?? 0, expected - batch.open.pending);
    return told;
  });
  // Whoever is further has been here, too: the parts are not of one instant.
  for (let n = known.length - 2; n >= 0; --n) {
    if (known[n] !== null) known[n] = Math.max(known[n]!, known[n + 1] ?? 0);
  }
  return (
    <section class="card" aria-labelledby="hops">
      <h2 id="hops">Hops</h2>
      <ol class="funnel">
        {HOPS.map((hop, n) => {
          const reached = known[n];
          const waiting = why?.hops ? why.hops[hop].waiting : 0;
          const oldest = why?.hops ? why.hops[hop].oldest_waiting_seconds : null;
          const stuck = !isOver(batch) && waiting > 0 && oldest !== null && oldest > 30;
          return (
            <li key={hop} class={stuck ? "held" : ""}>
              <span class="hop">{hop}<span class="quiet"> {HOP_WORDS[hop]}</span></span>
              <span class="track">
                <span class="fill" style={{ width: `${(100 * (reached ?? 0)) / Math.max(1, expected)}%` }} />
              </span>
              <span class="n">{reached === null ? "unknown" : count(reached)}</span>
              <span class="quiet wait">
                {!isOver(batch) && waiting > 0 && `${count(waiting)} wait here${oldest === null ? "" : `, ${duration(oldest)}`}`}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Timeline({ journal, changes }: { journal: Entry[]; changes: number }) {
  const [all, setAll] = useState(false);
  void changes;
  const shown = all ? journal : journal.slice(-ENTRIES_SHOWN);
  let phase = "";
  const phases = new Map<number, string>();
  for (const entry of journal) {
    if (entry.phase !== phase) phases.set(entry.seq, (phase = entry.phase));
  }
  return (
    <section class="card" aria-labelledby="journal">
      <h2 id="journal">Journal <span class="quiet">{count(journal.length)} commits, newest first</span></h2>
      <ol class="timeline" reversed tabIndex={0} aria-labelledby="journal">
        {[...shown].reverse().map((entry) => (
          <li key={entry.seq} class={phases.has(entry.seq) ? "turn" : ""}>
            <time dateTime={entry.at} title={entry.at}>{clockTime(entry.at, true)}</time>
            <span>
              {phases.has(entry.seq) && <b class={`pill p-${entry.phase}`}>{entry.phase}</b>}
              {" "}{entry.events.join(", ")}
              {entry.reason && phases.has(entry.seq) && <> · {entry.reason}</>}
              {entry.message && phases.has(entry.seq) && <span class="quiet"> {entry.message}</span>}
            </span>
            <span class="quiet actor">{entry.actor}</span>
          </li>
        ))}
      </ol>
      {!all && journal.length > ENTRIES_SHOWN &&
        <button onClick={() => setAll(true)}>Show all {count(journal.length)}</button>}
    </section>
  );
}

function Facts({ batch, at, now }: { batch: Batch; at: Standing; now: number }) {
  const { projection } = at;
  const facts: [string, string][] = [
    ["done", `${count(doneOf(batch))} of ${count(batch.counts.expected)}`],
    ["predictions", count(batch.total_predictions)],
    ["started", dateTime(batch.started_at)],
  ];
  if (isOver(batch)) {
    facts.push(["ended", `${dateTime(batch.ended_at)}, after ${duration(batch.age_seconds)}`]);
    facts.push(["published", batch.publication ? `as number ${batch.publication} of its day` : "no"]);
  } else {
    facts.push(["pace", projection ? `${projection.perSecond.toFixed(projection.perSecond < 10 ? 1 : 0)} a second` : "none yet"]);
    facts.push(["projected end", projection
      ? `${clockTime(projection.end)} (${clockTime(projection.early)} to ${Number.isFinite(projection.late) ? clockTime(projection.late) : "not known"})`
      : "not known"]);
    facts.push(["promised by", `${clockTime(batch.terminal_by)}, in ${duration((Date.parse(batch.terminal_by) - now) / 1000)}`]);
    facts.push(["last progress", `${duration((now - Date.parse(batch.progress_at)) / 1000)} ago`]);
  }
  facts.push(["run", `${batch.run_mode}, by ${batch.trigger}${batch.generation > 1 ? `, generation ${batch.generation}` : ""}`]);
  if (batch.late > 0) facts.push(["late", `${count(batch.late)} came after the end`]);
  return (
    <dl class="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

export function BatchView({ id, mayOperate }: { id: string; mayOperate: boolean }) {
  const { book, problem, live, ended, redraw } = useBook(id);
  const now = useNow();
  const { batch } = book;
  const whyKey = `${id} ${ended} ${batch !== null}`;
  const why = usePolled(() => get<Why>(`${batchPath(id)}/why`), ended ? 60_000 : 3000, whyKey);
  if (!batch) return <p class={problem ? "problem" : "quiet"} role="status">{problem || "Reading …"}</p>;
  const started = Date.parse(batch.started_at);
  const until = batch.ended_at ? Date.parse(batch.ended_at) : now;
  const at = standing(batch, [{ at: started, done: 0 }, ...book.points, { at: now, done: doneOf(batch) }], now);
  return (
    <>
      <p class="path"><a href="#/batches">Batches</a></p>
      <h1 class="title">{batch.game_date} <span class="id">{batch.batch_id}</span></h1>
      {problem && <p class="problem" role="alert">{problem}; what is shown may be old.</p>}
      <section class={`card head r-${at.risk}`} aria-label="State">
        <p class="state">
          <StatusPill batch={batch} />
          <span class="risk">{riskWords(at, batch, now)}</span>
          {!ended && <span class="quiet live">{live ? "live" : "connecting …"}</span>}
        </p>
        {batch.message && <p>{batch.message}</p>}
        <OutcomeBar batch={batch} legend />
        <Facts batch={batch} at={at} now={now} />
        {batch.retry_of && <p>A retry of <a href={`#/batches/${batch.retry_of}`}>{batch.retry_of}</a>.</p>}
        {batch.superseded_by && <p>Superseded by <a href={`#/batches/${batch.superseded_by}`}>{batch.superseded_by}</a>.</p>}
        {mayOperate && <Orders batch={batch} done={(changed) => { book.batch = changed; redraw(); }} />}
      </section>
      <div class="two">
        <WhyCard why={why.value} problem={why.problem} />
        <Funnel batch={batch} why={why.value} />
      </div>
      <section class="card" aria-labelledby="pace">
        <h2 id="pace">Pace <span class="quiet"><i class="dot s-done" /> done, <i class="dot s-leased" /> a second
          {at.projection && <>, dashed: projected, with its 95 % band</>}</span></h2>
        <PacePlot points={book.points} started={started} now={until} expected={batch.counts.expected}
                  projection={at.projection}
                  text={`${count(doneOf(batch))} of ${count(batch.counts.expected)} requests done over ${duration((until - started) / 1000)}`} />
      </section>
      <Requests rows={book.rows} changed={book.changes} loading={!book.rowsRead} />
      <Timeline journal={book.journal} changes={book.changes} />
    </>
  );
}
