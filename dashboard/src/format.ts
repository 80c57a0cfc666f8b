// Times, counts and names as people read them.

export function duration(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 100) return `${Math.round(s)} s`;
  if (s < 6000) return `${Math.round(s / 60)} min`;
  const minutes = Math.round(s / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(s / 86400)} days`;
}

export function clockTime(at: number | string, precise = false): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: "2-digit", minute: "2-digit", second: "2-digit",
    ...(precise ? { fractionalSecondDigits: 3 } : {}), hourCycle: "h23",
  } as Intl.DateTimeFormatOptions);
}

export function dateTime(at: string | null): string {
  if (!at) return "–";
  return new Date(at).toLocaleString(undefined, {
    month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

// "batch_2026-04-10_1795564038_evjxgw" -> "1795564038_evjxgw": the date stands beside it.
export function shortId(id: string): string {
  return id.replace(/^batch_\d{4}-\d\d-\d\d_/, "");
}

// "5m", "1h30m", "250ms" as the server writes durations; in seconds.
export function parseDuration(text: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
  let sum = 0;
  for (const [, n, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) sum += Number(n) * units[unit];
  return sum;
}
