// One batch's requests as a bar, a part for each outcome and for each state on the way to it.

import type { Batch, State } from "./api";
import { OUTCOMES } from "./api";
import { count } from "./format";

const PARTS: State[] = [...OUTCOMES, "leased", "published", "pending"];

function parts(batch: Batch): { state: State; n: number }[] {
  const numbers = { ...batch.open, ...batch.counts } as Record<State, number>;
  return PARTS.map((state) => ({ state, n: numbers[state] })).filter(({ n }) => n > 0);
}

export function OutcomeBar({ batch, legend = false }: { batch: Batch; legend?: boolean }) {
  const shown = parts(batch);
  const total = Math.max(1, batch.counts.expected);
  const text = shown.map(({ state, n }) => `${count(n)} ${state}`).join(", ") || "no requests";
  return (
    <>
      <div class="bar" role="img" aria-label={text}>
        {shown.map(({ state, n }) => (
          <span key={state} class={`part s-${state}`} style={{ width: `${(100 * n) / total}%` }} />
        ))}
      </div>
      {legend && (
        <ul class="legend">
          {shown.map(({ state, n }) => (
            <li key={state}><i class={`dot s-${state}`} />{count(n)} {state}</li>
          ))}
        </ul>
      )}
    </>
  );
}

export function StatusPill({ batch }: { batch: Batch }) {
  return (
    <span class={`pill p-${batch.status}`}>
      {batch.status}{batch.reason && batch.reason !== "Completed" ? ` · ${batch.reason}` : ""}
    </span>
  );
}
