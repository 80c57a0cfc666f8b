// What an operator may order: each with a reason, which goes into the audit log.

import { useRef, useState } from "preact/hooks";
import type { Batch } from "./api";
import { batchPath, call, words } from "./api";
import { isOver } from "./projection";

interface Order {
  name: string;
  title: string;
  what: string;
}

const FINISH = { name: "finish", title: "Finish", what: "Ends it now, keeping and publishing what has arrived." };
const CANCEL = { name: "cancel", title: "Cancel", what: "Ends it now. Nothing of it is published." };
const CLEAR = { name: "clear", title: "Clear", what: "Ends it as a batch that should not have been. Nothing of it is published." };
const RETRY = { name: "retry", title: "Retry", what: "Starts a new batch of the requests that failed, expired or were not delivered." };

export function ordersFor(batch: Batch): Order[] {
  if (!isOver(batch)) return [FINISH, CANCEL, CLEAR];
  const { failed, expired, undelivered } = batch.counts;
  return failed + expired + undelivered > 0 ? [RETRY] : [];
}

export function Orders({ batch, done }: { batch: Batch; done: (batch: Batch) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [order, setOrder] = useState<Order>(FINISH);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const once = useRef("");
  const open = (chosen: Order) => {
    once.current = `page-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    setOrder(chosen);
    setProblem("");
    dialog.current?.showModal();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const reason = new FormData(event.target as HTMLFormElement).get("reason");
    setBusy(true);
    try {
      const path = `${batchPath(batch.batch_id)}:${order.name}`;
      const answer = await call<Batch & { detail?: string }>("POST", path, { reason },
                                                             { "Idempotency-Key": once.current });
      if (!answer.batch_id) return setProblem(answer.detail ?? "nothing was done");
      dialog.current?.close();
      if (answer.batch_id !== batch.batch_id) location.hash = `#/batches/${answer.batch_id}`;
      else done(answer);
    } catch (refusal) {
      setProblem(words(refusal));
    } finally {
      setBusy(false);
    }
  };
  const offered = ordersFor(batch);
  if (offered.length === 0) return null;
  return (
    <div class="orders">
      {offered.map((one) => (
        <button key={one.name} class={one === CANCEL || one === CLEAR ? "danger" : ""}
                onClick={() => open(one)}>{one.title} …</button>
      ))}
      <dialog ref={dialog} aria-labelledby="order-title">
        <form onSubmit={submit}>
          <h2 id="order-title">{order.title} {batch.batch_id}?</h2>
          <p>{order.what}</p>
          <label for="reason">Reason, for the audit log</label>
          <input id="reason" name="reason" required maxLength={400} autocomplete="off" />
          {problem && <p class="problem" role="alert">{problem}</p>}
          <p class="buttons">
            <button type="button" onClick={() => dialog.current?.close()}>Leave it</button>
            <button class="primary" disabled={busy}>{order.title}</button>
          </p>
        </form>
      </dialog>
    </div>
  );
}
