// The release binary and a browser, for the scripts beside it. As tests/service/service.py: a script
// says what it has checked and ends with 1 at the first thing that is not so, with 77 where Chromium
// or what npm brings is missing.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const BINARY = resolve(process.argv[2] ?? join(ROOT, "build/release/tipoff"));
export const GAME_DATE = "2026-04-10"; // The demo league's next game day.
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SKIPPED = 77;

const fetched = createRequire(join(ROOT, "dashboard/package.json"));

export class Wrong extends Error {}

export function check(so, what, ...details) {
  if (!so) throw new Wrong([what, ...details.map((detail) => String(JSON.stringify(detail)).slice(0, 3000))].join(": "));
  console.log(`  ok  ${what}`);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(what, probe, seconds = 30) {
  const giveUp = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > giveUp) throw new Wrong(`not within ${seconds} s: ${what}`);
    await pause(50);
  }
}

export function tipoff(folder, ...args) {
  const ran = spawnSync(BINARY, ["--data", folder, ...args], { encoding: "utf8", timeout: 120_000, maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Wrong(`tipoff ${args.join(" ")}: ${ran.status} ${ran.stderr}`);
  return ran.stdout;
}

export class World {
  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "tipoff-browser-"));
    this.programs = [];
    this.hosts = new Set(); // That any page has sent a request to.
    this.problems = []; // That the browser has told of.
  }

  demo(name = "demo") {
    const folder = join(this.root, name);
    tipoff(folder, "demo", "-o", "json");
    return folder;
  }

  // A league of `players` players who all play every day; the day that can be predicted.
  league(players, name = "league") {
    const folder = join(this.root, name);
    const made = spawnSync("/usr/bin/python3", ["-c", `
import datetime, os, sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, "tests/service"))})
import league
league.DAYS = 6
os.makedirs(${JSON.stringify(folder)}, exist_ok=True)
print("\\n".join(league.write_league(${JSON.stringify(folder)}, ${Math.ceil(players / 30)})))
print(league.FIRST_DAY + datetime.timedelta(league.DAYS))`], { encoding: "utf8" });
    if (made.status !== 0) throw new Wrong(made.stderr);
    const lines = made.stdout.trim().split("\n");
    const date = lines.pop();
    tipoff(folder, "import", ...lines, "-o", "json");
    return { folder, date };
  }

  run(folder, ...args) {
    const program = spawn(BINARY, ["--data", folder, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    program.said = "";
    program.stdout.on("data", (bytes) => { program.said += bytes; });
    program.stderr.on("data", (bytes) => { program.log = ((program.log ?? "") + bytes).slice(-20_000); });
    this.programs.push(program);
    return program;
  }

  async server(folder, ...args) {
    const program = this.run(folder, "serve", "--port", "0", ...args);
    const url = await until("listening", () => {
      if (program.exitCode !== null) throw new Wrong(`serve ended: ${program.log}`);
      return /listening on (http:\S+)/.exec(program.said)?.[1];
    });
    return { program, url };
  }

  async browser() {
    const { chromium } = fetched("playwright-core");
    this.chromium ??= await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run"],
    });
    return this.chromium;
  }

  async page(options = {}) {
    const context = await (await this.browser()).newContext({ locale: "en-US", timezoneId: "America/New_York", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("request", (request) => this.hosts.add(new URL(request.url()).host));
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 401/.test(message.text())) this.problems.push(message.text());
    });
    return page;
  }

  async end() {
    await this.chromium?.close();
    for (const program of this.programs) if (program.exitCode === null) program.kill("SIGKILL");
    rmSync(this.root, { recursive: true, force: true });
  }
}

export async function call(url, method, path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method, headers: { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Wrong(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

// What axe-core finds serious or worse.
export async function violations(page) {
  await page.evaluate(readFileSync(fetched.resolve("axe-core/axe.min.js"), "utf8"));
  const found = await page.evaluate(async () => (await window.axe.run(document)).violations);
  return found.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => ({ html, failureSummary })) }));
}

export async function run(what, test) {
  console.log(what);
  let missing = existsSync(CHROMIUM) ? "" : `there is no ${CHROMIUM}: apt-get install chromium`;
  try {
    fetched.resolve("playwright-core");
  } catch {
    missing ||= "dashboard/node_modules is missing: build tipoff first";
  }
  if (missing) {
    console.log(`SKIPPED: ${missing}`);
    process.exit(SKIPPED);
  }
  const world = new World();
  try {
    await test(world);
    console.log("all of it is so");
  } catch (error) {
    console.log(`WRONG  ${error instanceof Wrong ? error.message : error.stack}`);
    for (const { log } of world.programs) if (log) console.log(log.slice(-2000));
    process.exitCode = 1;
  } finally {
    await world.end();
  }
}
