// Asking again and again, and the events of one batch.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Batch } from "./api";
import { batchPath, learnClock, serverNow, words } from "./api";

export interface Asked<T> {
  value: T | null;
  problem: string;
}

// Asks now and every `period` ms while the page is seen. A failure keeps what was known.
export function usePolled<T>(ask: () => Promise<T>, period: number, key: unknown): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({ value: null, problem: "" });
  useEffect(() => {
    let alive = true;
    let timer = 0;
    setAsked({ value: null, problem: "" });
    const look = async () => {
      clearTimeout(timer);
      try {
        const value = await ask();
        if (alive) setAsked({ value, problem: "" });
      } catch (problem) {
        if (alive) setAsked((before) => ({ ...before, problem: words(problem) }));
      }
      if (alive && !document.hidden) timer = window.setTimeout(look, period);
    };
    const seen = () => { if (!document.hidden) void look(); };
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      alive = false;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key]);
  return asked;
}

// The server's time, again every `period` ms, for ages that grow.
export function useNow(period = 1000): number {
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), period);
    return () => clearInterval(timer);
  }, [period]);
  return now;
}

// Follows a batch from `version` on. The browser reconnects with Last-Event-ID by itself; where it
// gives up, because the server answered with an error, this begins anew.
export function useEvents(id: string, version: number | null, ended: boolean,
                          heard: (batch: Batch) => void): boolean {
  const [live, setLive] = useState(false);
  const last = useRef(version ?? 0);
  const handler = useRef(heard);
  handler.current = heard;
  useEffect(() => {
    if (version === null || ended) return;
    last.current = version;
    let source: EventSource | null = null;
    let timer = 0;
    const begin = () => {
      source = new EventSource(`${batchPath(id)}/events?last_event_id=${last.current}`);
      source.onopen = () => setLive(true);
      source.addEventListener("batch", (event) => {
        const batch = JSON.parse((event as MessageEvent).data) as Batch;
        last.current = Math.max(last.current, Number((event as MessageEvent).lastEventId));
        learnClock(Date.parse(batch.started_at) + batch.age_seconds * 1000);
        handler.current(batch);
      });
      source.onerror = () => {
        setLive(false);
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = window.setTimeout(begin, 3000);
      };
    };
    begin();
    return () => {
      source?.close();
      clearTimeout(timer);
      setLive(false);
    };
  }, [id, version === null, ended]);
  return live;
}
