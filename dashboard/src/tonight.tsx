// What is published for a game day: each player's predictions against the line.

import { useMemo, useState } from "preact/hooks";
import type { Batch, Prediction, Published } from "./api";
import { get } from "./api";
import { percent } from "./format";
import { usePolled } from "./hooks";
import { chanceOver } from "./projection";

const PERIOD_MS = 15_000;
const RANGE = 50; // Points shown by a distribution's plot.

function today(): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
}

// The asked day; else today if anything is published for it, else the newest day that has something.
async function ask(date: string): Promise<Published> {
  if (date) return get<Published>(`/v1/slots/${date}/predictions`);
  const now = await get<Published>(`/v1/slots/${today()}/predictions`);
  if (now.predictions.length > 0) return now;
  const { batches } = await get<{ batches: Batch[] }>("/v1/batches?limit=50");
  const newest = batches.find((batch) => batch.publication !== null);
  return newest ? get<Published>(`/v1/slots/${newest.game_date}/predictions`) : now;
}

export function probability(row: Prediction): number | null {
  if (row.line === null) return null;
  return row.p_over ?? chanceOver(row.predicted_points, row.spread, row.line);
}

function density(row: Prediction, x: number): number {
  const z = (x - row.predicted_points) / Math.max(row.spread, 0.5);
  return Math.exp(-z * z / 2);
}

// The distribution of points; beyond the line it is darker. The line is the upright stroke.
function Distribution({ row, wide = false }: { row: Prediction; wide?: boolean }) {
  const width = wide ? 320 : 120, height = wide ? 72 : 26;
  const scale = width / RANGE;
  const curve = (from: number, to: number) => {
    let path = `M${from * scale},${height}`;
    for (let x = from; x < to; x += 1) path += `L${(x * scale).toFixed(1)},${(height - density(row, x) * (height - 3)).toFixed(1)}`;
    return `${path}L${(to * scale).toFixed(1)},${(height - density(row, to) * (height - 3)).toFixed(1)}V${height}Z`;
  };
  const chance = probability(row);
  const text = `mean ${row.predicted_points}, spread ${row.spread}` +
    (chance === null ? "" : `, ${percent(chance)} over ${row.line}`);
  return (
    <svg class="dist" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={text}>
      <path class="under" d={curve(0, row.line ?? RANGE)} />
      {row.line !== null && row.line < RANGE && <path class="over" d={curve(row.line, RANGE)} />}
      {row.line !== null && <line class="mark" x1={row.line * scale} x2={row.line * scale} y1={0} y2={height} />}
      {wide && [10, 20, 30, 40].map((x) => <text key={x} x={x * scale} y={height - 2}>{x}</text>)}
    </svg>
  );
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}`;
}

function Line({ row, others, name }: { row: Prediction; others: Prediction[]; name: string }) {
  const [open, setOpen] = useState(false);
  const chance = probability(row);
  return (
    <>
      <tr>
        <th scope="row">
          <button class="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
            {row.player_name || row.player_id}
          </button>
          <span class="quiet"> {row.team}{name && `, ${name}`}</span>
        </th>
        <td class="num">{row.predicted_points.toFixed(1)}<span class="quiet"> ±{row.spread.toFixed(1)}</span></td>
        <td class="num">{row.line ?? "–"}</td>
        <td class="num">{row.line === null ? "–" : signed(row.predicted_points - row.line)}</td>
        <td class="num">{chance === null ? "–" : percent(chance)}</td>
        <td><span class={`call k-${row.recommendation}`}>{row.recommendation.replace("_", " ")}</span></td>
        <td class="wide"><Distribution row={row} /></td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={7}>
            <Distribution row={row} wide />
            <ul>
              {others.map((other) => (
                <li key={other.prediction_id}>
                  <b>{other.system}</b> {other.predicted_points.toFixed(1)} ±{other.spread.toFixed(1)}
                  {other.line !== null && <> against {other.line}: {other.recommendation}, {percent(probability(other)!)} over</>}
                  <span class="quiet">, confidence {percent(other.confidence)}, {other.model_version}</span>
                </li>
              ))}
            </ul>
          </td>
        </tr>
      )}
    </>
  );
}

interface Game { id: string; title: string; rows: Prediction[]; all: Map<string, Prediction[]> }

function games(published: Published, system: string, call: string, text: string): Game[] {
  const found = new Map<string, Game>();
  const wanted = text.trim().toLowerCase();
  for (const row of published.predictions) {
    const [home, away] = row.is_home ? [row.team, row.opponent] : [row.opponent, row.team];
    const game = found.get(row.game_id) ??
      { id: row.game_id, title: `${away} @ ${home}`, rows: [], all: new Map<string, Prediction[]>() };
    found.set(row.game_id, game);
    game.all.set(row.player_id, [...(game.all.get(row.player_id) ?? []), row]);
    if (system && row.system !== system) continue;
    if (call && row.recommendation !== call) continue;
    if (wanted && !`${row.player_name} ${row.team}`.toLowerCase().includes(wanted)) continue;
    game.rows.push(row);
  }
  return [...found.values()].filter((game) => game.rows.length > 0);
}

function GameCard({ game, byEdge, system, first }: { game: Game; byEdge: boolean; system: string; first: boolean }) {
  const [open, setOpen] = useState(first);
  const rows = byEdge ? [...game.rows].sort((a, b) => edge(b) - edge(a)) : game.rows;
  return (
    <details class="card game" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><h2>{game.title}</h2><span class="quiet"> {game.rows.length} rows</span></summary>
      {open && (
        <div class="scroll" tabIndex={0} role="group" aria-label={game.title}>
          <table>
            <thead><tr>
              <th scope="col">Player</th><th scope="col" class="num">Points</th><th scope="col" class="num">Line</th>
              <th scope="col" class="num">Edge</th><th scope="col" class="num">Over</th><th scope="col">Call</th>
              <th scope="col" class="wide">0 to {RANGE} points</th>
            </tr></thead>
            <tbody>
              {rows.map((row) => (
                <Line key={row.prediction_id} row={row} others={game.all.get(row.player_id) ?? []}
                      name={system ? "" : row.system} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function edge(row: Prediction): number {
  return row.line === null ? -1 : Math.abs(row.predicted_points - row.line);
}

export function Tonight({ date }: { date: string }) {
  const { value, problem } = usePolled(() => ask(date), PERIOD_MS, date);
  const [system, setSystem] = useState<string | null>(null);
  const [call, setCall] = useState("");
  const [text, setText] = useState("");
  const [byEdge, setByEdge] = useState(false);
  const systems = useMemo(() => [...new Set(value?.predictions.map((row) => row.system))].sort(), [value]);
  const chosen = system ?? (systems.includes("ensemble") ? "ensemble" : "");
  const shown = useMemo(() => (value ? games(value, chosen, call, text) : []), [value, chosen, call, text]);
  return (
    <>
      <h1>Tonight {value && <span class="id">{value.game_date}</span>}</h1>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="filters">
        <input type="date" aria-label="Game date" value={value?.game_date ?? date}
               onChange={(event) => { location.hash = `#/tonight/${event.currentTarget.value}`; }} />
        <select aria-label="System" value={chosen} onChange={(event) => setSystem(event.currentTarget.value)}>
          <option value="">every system</option>
          {systems.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
        <select aria-label="Call" value={call} onChange={(event) => setCall(event.currentTarget.value)}>
          <option value="">every call</option>
          {["OVER", "UNDER", "PASS", "NO_LINE"].map((one) => <option key={one} value={one}>{one.replace("_", " ")}</option>)}
        </select>
        <input type="search" aria-label="Find a player or team" placeholder="player, team" value={text}
               onInput={(event) => setText(event.currentTarget.value)} />
        <label class="check"><input type="checkbox" checked={byEdge}
                                    onChange={(event) => setByEdge(event.currentTarget.checked)} /> by edge</label>
      </div>
      {value && value.predictions.length === 0 && (
        <p class="quiet">Nothing is published for {value.game_date}. <code>tipoff batch start --date {value.game_date}</code> predicts it.</p>
      )}
      {value && value.predictions.length > 0 && shown.length === 0 && <p class="quiet">Nothing fits these filters.</p>}
      {shown.map((game, n) => (
        <GameCard key={`${game.id} ${value!.game_date}`} game={game} byEdge={byEdge} system={chosen} first={n === 0 || shown.length < 4} />
      ))}
      {value && value.skipped.length > 0 && (
        <details class="card"><summary>{value.skipped.length} without a prediction</summary>
          <ul>{value.skipped.map((one) => (
            <li key={one.player_id}>{one.player_name || one.player_id}: <span class="quiet">{one.reason}</span></li>
          ))}</ul>
        </details>
      )}
    </>
  );
}
