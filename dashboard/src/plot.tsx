// A batch's pace: requests done over time with the projected end and its band, and requests a second.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Point, Projection } from "./projection";

const BUCKETS = 60;
const SMOOTHED = 6; // Buckets that the pace is the mean of: commits come in bursts.

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// [x, done, per second, projected, early, late]
function series(points: Point[], started: number, now: number, expected: number,
                projection: Projection | null): uPlot.AlignedData {
  const end = Math.max(now, started + 1000);
  const width = (end - started) / BUCKETS;
  const x: number[] = [], done: (number | null)[] = [], pace: (number | null)[] = [];
  let next = 0, sum = 0;
  for (let bucket = 0; bucket <= BUCKETS; ++bucket) {
    const until = started + bucket * width;
    while (next < points.length && points[next].at <= until + 1) sum = points[next++].done;
    x.push(until / 1000);
    done.push(sum);
    const from = Math.max(0, bucket - SMOOTHED);
    pace.push(bucket === 0 ? null : ((sum - done[from]!) / ((bucket - from) * width)) * 1000);
  }
  const nothing = x.map(() => null) as (number | null)[];
  const ahead = [nothing.slice(), nothing.slice(), nothing.slice()];
  if (projection && sum < expected) {
    for (const line of ahead) line[x.length - 1] = sum;
    const latest = Math.min(Number.isFinite(projection.late) ? projection.late : projection.end * 1,
                            projection.end + 2 * (projection.end - now));
    const steps = 24;
    const at = (t: number, arrival: number) =>
      Math.min(expected, sum + ((expected - sum) * (t - now)) / Math.max(1, arrival - now));
    for (let step = 1; step <= steps; ++step) {
      const t = now + ((latest - now) * step) / steps;
      x.push(t / 1000);
      done.push(null);
      pace.push(null);
      ahead[0].push(at(t, projection.end));
      ahead[1].push(at(t, projection.early));
      ahead[2].push(at(t, Number.isFinite(projection.late) ? projection.late : latest));
    }
  }
  return [x, done, pace, ...ahead];
}

function options(width: number, expected: number): uPlot.Options {
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--edge"), width: 1 }, ticks: { show: false } };
  const ink = color("--accent"), other = color("--leased");
  return {
    width, height: 220, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: true }, y: { range: [0, Math.max(1, expected) * 1.05] }, pace: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((t) => new Date(t * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })), space: 80, size: 30 },
      { ...axis, size: 50 },
      { ...axis, side: 1, scale: "pace", grid: { show: false }, size: 50 },
    ],
    series: [
      {},
      { label: "done", stroke: ink, width: 2, fill: color("--accent-faint"), points: { show: false } },
      { label: "per second", scale: "pace", stroke: other, width: 1.5, points: { show: false } },
      { label: "projected", stroke: ink, width: 2, dash: [6, 4], points: { show: false } },
      { label: "early", stroke: "transparent", points: { show: false } },
      { label: "late", stroke: "transparent", points: { show: false } },
    ],
    bands: [{ series: [4, 5], fill: color("--accent-faint") }],
  };
}

export function PacePlot(props: { points: Point[]; started: number; now: number; expected: number;
                                  projection: Projection | null; text: string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = series(props.points, props.started, props.now, props.expected, props.projection);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(box.current!.clientWidth, props.expected), latest.current, box.current!);
    };
    make();
    const fit = new ResizeObserver(() => {
      const width = box.current?.clientWidth ?? 0;
      if (width && width !== plot.current?.width) plot.current?.setSize({ width, height: 220 });
    });
    fit.observe(box.current!);
    dark.addEventListener("change", make);
    return () => {
      fit.disconnect();
      dark.removeEventListener("change", make);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.expected]);
  useEffect(() => plot.current?.setData(data));
  return <div class="plot" ref={box} role="img" aria-label={props.text} />;
}
