// The requests of a batch, ten thousand if need be: only the rows in sight are in the page.

import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HopName, Request, State } from "./api";
import { HOPS, STATES } from "./api";
import { clockTime, count } from "./format";

const MARGIN = 8; // Rows beyond the edge, so that quick scrolling shows no gap.

export function lastHop(request: Request): { hop: HopName; at: string | null } {
  for (const hop of [...HOPS].reverse()) {
    const at = request[`${hop}_at`];
    if (at) return { hop, at };
  }
  return { hop: "recorded", at: null };
}

const Row = memo(({ request, index, top }: { request: Request; index: number; top: number }) => {
  const { hop, at } = lastHop(request);
  return (
    <div class="vrow" role="row" aria-rowindex={index + 2} style={{ transform: `translateY(${top}px)` }}>
      <span role="cell" class="c-player">{request.player_name || request.player_id}
        {request.group && <span class="quiet"> {request.group}</span>}</span>
      <span role="cell" class="c-team">{request.team} {request.is_home ? "vs" : "@"} {request.opponent}</span>
      <span role="cell" class="c-state"><i class={`dot s-${request.state}`} />{request.state}</span>
      <span role="cell" class="c-hop">{hop}{at && <span class="quiet"> {clockTime(at)}</span>}</span>
      <span role="cell" class="c-n">{request.predictions || ""}</span>
      <span role="cell" class="c-why quiet" title={request.reason ?? request.worker ?? ""}>
        {request.reason ?? (request.attempt > 1 ? `attempt ${request.attempt}` : request.worker ?? "")}
      </span>
    </div>
  );
}, (a, b) => a.request === b.request && a.index === b.index && a.top === b.top);

// `rows` is by ordinal; `changed` grows with every change of it.
export function Requests({ rows, changed, loading }: { rows: Request[]; changed: number; loading: boolean }) {
  const [text, setText] = useState("");
  const [state, setState] = useState<State | "">("");
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 480, row: 34 });
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return rows.filter((row) => (!state || row.state === state) && (!wanted ||
      `${row.player_name} ${row.player_id} ${row.team} ${row.reason ?? ""} ${row.worker ?? ""}`
        .toLowerCase().includes(wanted)));
  }, [rows, changed, text, state]);
  const counts = useMemo(() => {
    const found = new Map<State, number>();
    for (const row of rows) found.set(row.state, (found.get(row.state) ?? 0) + 1);
    return found;
  }, [rows, changed]);
  useEffect(() => {
    const view = box.current!;
    let frame = 0;
    const look = () => {
      frame = 0;
      const row = parseFloat(getComputedStyle(view).getPropertyValue("--row")) || 34;
      setSight({ top: view.scrollTop, height: view.clientHeight, row });
    };
    const soon = () => { if (!frame) frame = requestAnimationFrame(look); };
    view.addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    look();
    return () => {
      view.removeEventListener("scroll", soon);
      removeEventListener("resize", soon);
      cancelAnimationFrame(frame);
    };
  }, []);
  const first = Math.max(0, Math.floor(sight.top / sight.row) - MARGIN);
  const last = Math.min(shown.length, Math.ceil((sight.top + sight.height) / sight.row) + MARGIN);
  return (
    <section class="card" aria-labelledby="requests">
      <h2 id="requests">Requests</h2>
      <div class="filters">
        <input type="search" aria-label="Find a player, team, worker or reason" placeholder="player, team, worker, reason"
               value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <select aria-label="State" value={state}
                onChange={(event) => setState(event.currentTarget.value as State | "")}>
          <option value="">every state ({count(rows.length)})</option>
          {STATES.filter((one) => counts.has(one)).map((one) => (
            <option key={one} value={one}>{one} ({count(counts.get(one)!)})</option>
          ))}
        </select>
        <span class="quiet" role="status">
          {loading ? `${count(rows.length)} read …` : `${count(shown.length)} shown`}
        </span>
      </div>
      <div class="vbox" ref={box} tabIndex={0} role="table" aria-label="Requests"
           aria-rowcount={shown.length + 1}>
        <div class="vrow vhead" role="row" aria-rowindex={1}>
          <span role="columnheader" class="c-player">Player</span>
          <span role="columnheader" class="c-team">Game</span>
          <span role="columnheader" class="c-state">State</span>
          <span role="columnheader" class="c-hop">Last hop</span>
          <span role="columnheader" class="c-n">Rows</span>
          <span role="columnheader" class="c-why">Reason or worker</span>
        </div>
        <div class="vrows" role="rowgroup" style={{ height: `${shown.length * sight.row}px` }}>
          {shown.slice(first, last).map((request, n) => (
            <Row key={request.ordinal} request={request} index={first + n} top={(first + n) * sight.row} />
          ))}
        </div>
      </div>
    </section>
  );
}
