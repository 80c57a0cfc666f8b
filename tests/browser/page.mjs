// The web page in a real browser, against a real server.
import { call, check, GAME_DATE, run, tipoff, until, violations } from "./world.mjs";

const text = (page, selector) => page.locator(selector).first().innerText();

async function start(url, headers) {
  return (await call(url, "POST", "/v1/batches", { game_date: GAME_DATE }, headers)).batch_id;
}

async function follows(world) {
  console.log("a batch runs while the page is open");
  const folder = world.demo("live");
  const { url } = await world.server(folder, "--workers", "0");
  const page = await world.page();
  let loads = 0;
  page.on("load", () => ++loads);
  await page.goto(url);
  await page.getByText("1 skipped").or(page.getByRole("img", { name: /succeeded/ })).first().waitFor();
  check(true, "the batch that was predicted before is listed");
  const batch = await start(url);
  const row = page.getByRole("list", { name: "Live batches" }).locator("li");
  await row.waitFor();
  check((await row.innerText()).includes(GAME_DATE), "a new one appears by itself, among the live ones");
  await row.locator("a").click();
  await page.getByText("0 of 202").waitFor();

  console.log("it is stuck: nobody works");
  await page.locator(".why.bad").waitFor();
  check(/^Why: worker/.test(await text(page, ".why h2")), "the layer is named", await text(page, ".why"));
  check(/202 requests wait for workers/.test(await text(page, ".sentence")), "in words", await text(page, ".sentence"));
  check(await text(page, ".command code") === "tipoff worker", "with the command to type");
  check(/202 wait here/.test(await text(page, ".funnel")), "and the hop that holds them");

  console.log("somebody types it");
  world.run(folder, "worker", "--threads", "1");
  await page.locator(".state .p-succeeded").waitFor();
  check((await text(page, ".facts")).includes("202 of 202"), "the page follows to the end");
  await until("every row has ended", async () => (await page.locator(".vrow .s-published").count()) === 0);
  check((await text(page, ".timeline")).includes("succeeded"), "its journal is told");
  check(await page.locator(".vrow .s-succeeded").count() > 10, "its requests are, too");
  check(loads === 1, "without a reload", loads);
  await page.getByRole("searchbox").fill("Carrick");
  await until("one row", async () => (await page.locator(".vrows .vrow").count()) < 5);
  check((await text(page, ".vrows")).includes("Carrick"), "requests can be searched");

  console.log("tonight and system");
  await page.getByRole("link", { name: "Tonight" }).click();
  await page.locator(".game table tbody tr").first().waitFor();
  check((await text(page, "h1")).includes(GAME_DATE), "the newest published day is shown");
  await page.locator(".game button").first().click();
  check((await text(page, ".detail")).includes("moving_average"), "a player's row opens to all systems");
  await page.getByRole("link", { name: "System" }).click();
  await page.getByRole("heading", { name: "Coordinators" }).waitFor();
  check((await text(page, "main")).includes("sweeps"), "the one who sweeps is named");
  check((await text(page, "main")).includes("batch.start"), "the audit log is shown to who may operate");
  return { url, batch, page };
}

async function keys(world) {
  console.log("keys");
  const folder = world.demo("keys");
  const add = (name, role) => /tip_\w+/.exec(tipoff(folder, "keys", "add", name, "--role", role))[0];
  const reader = add("reader", "read"), operator = add("operator", "operate");
  const { url } = await world.server(folder, "--workers", "0");
  const batch = await start(url, { "X-API-Key": operator });
  const page = await world.page();
  await page.goto(`${url}/#/batches/${batch}`);
  await page.getByLabel("Key").fill("tip_aaaaaaaa_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  check(/wrong or revoked/.test(await text(page, "[role=alert]")), "a wrong key is refused in words");
  await page.getByLabel("Key").fill(reader);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("0 of 202").waitFor();
  await page.locator(".live", { hasText: "live" }).waitFor();
  check(true, "with a key that reads the page is shown, and live");
  check(await page.getByRole("button", { name: /Finish|Cancel|Clear|Retry/ }).count() === 0, "no button orders anything");
  check(!(await page.evaluate(() => document.cookie)), "no script can read the session");
  await page.reload();
  await page.getByText("0 of 202").waitFor();
  check(true, "it lasts over a reload");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Key").fill(operator);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByLabel("Reason").fill("tested in a browser");
  check((await violations(page)).length === 0, "axe finds nothing serious in the dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await page.locator(".state .p-failed").waitFor();
  const ended = await call(url, "GET", `/v1/batches/${batch}`, undefined, { "X-API-Key": reader });
  check(ended.reason === "ForcedByOperator" || ended.reason === "NoPredictions", "with one that operates, Finish ends the batch", ended.reason);
  await page.getByRole("link", { name: "System" }).click();
  await page.getByText("tested in a browser").waitFor();
  check(true, "and the reason is in the audit log");
  return { url, batch, page };
}

// Rows of the trace that block the renderer's main thread; by their CPU time, as others use the machine.
async function scrolls(world) {
  console.log("10,000 requests");
  const { folder, date } = world.league(10_000);
  const { url } = await world.server(folder, "--workers", "1");
  const batch = (await call(url, "POST", "/v1/batches", { game_date: date })).batch_id;
  const page = await world.page();
  await page.goto(`${url}/#/batches/${batch}`);
  await until("all rows are read", async () => /10,0\d\d shown/.test(await text(page, "#requests ~ .filters [role=status]")), 120);
  check(await page.locator(".vrow").count() < 80, "only the rows in sight are in the page");
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel", "devtools.timeline", "__metadata"] } });
  const top = await page.evaluate(() => new Promise((done) => {
    const box = document.querySelector(".vbox");
    let frames = 0;
    const step = () => {
      box.scrollTop += 1500; // About as fast as a wheel can be turned.
      if (++frames === 240) return done(box.scrollTop);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }));
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  await session.send("Tracing.end");
  await complete;
  const main = new Set(events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(({ pid, tid }) => `${pid}/${tid}`));
  const tasks = events.filter(({ name, ph, pid, tid }) => ph === "X" && /RunTask/.test(name) && main.has(`${pid}/${tid}`));
  const cpu = Math.max(...tasks.map(({ tdur, dur }) => tdur ?? dur)) / 1000;
  const wall = Math.max(...tasks.map(({ dur }) => dur)) / 1000;
  console.log(`  ..  ${tasks.length} tasks, the longest took ${cpu.toFixed(1)} ms of CPU, ${wall.toFixed(1)} ms by the clock`);
  check(top > 300_000 && tasks.length > 200, "it was scrolled to the end while being watched", top, tasks.length);
  check(cpu < 100, "no task of a frame took 100 ms");
  await until("it ends", async () => isOver(await call(url, "GET", `/v1/batches/${batch}`)), 200);
  await page.locator(".state .p-succeeded").waitFor();
  check(true, "and the page followed it to its end");
}

function isOver({ phase }) {
  return ["succeeded", "partial", "failed", "cancelled"].includes(phase);
}

async function accessible(world, { url, batch }) {
  console.log("for everybody");
  for (const scheme of ["light", "dark"]) {
    for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
      const page = await world.page({ colorScheme: scheme, viewport });
      for (const view of ["batches", `batches/${batch}`, "tonight", "system"]) {
        await page.goto(`${url}/#/${view}`);
        await page.locator("h1").waitFor();
        await page.waitForLoadState("networkidle").catch(() => {}); // Events keep it busy.
        const found = await violations(page);
        if (found.length > 0) check(false, `axe on ${view}, ${scheme}, ${viewport.width}`, found);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) check(false, `${view} is ${wide} px wider than a screen of ${viewport.width}`);
      }
      await page.context().close();
    }
  }
  check(true, "axe finds nothing serious, light and dark, on a desk and on a phone; nothing is too wide");
  const page = await world.page();
  await page.goto(url);
  await page.locator(".list a").first().waitFor();
  await page.keyboard.press("Tab");
  check(await page.evaluate(() => document.activeElement.textContent) === "Skip to content", "the keyboard finds its way past the menu");
  await page.locator(".list a").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("h1.title").waitFor();
  check(true, "and opens a batch");
}

async function small(url) {
  console.log("what is sent");
  const took = [];
  const page = await fetch(`${url}/`, { headers: { "Accept-Encoding": "gzip" } });
  const html = await page.text();
  const paths = ["/", ...[...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1])];
  for (const path of paths) {
    const answer = await fetch(url + path, { headers: { "Accept-Encoding": "gzip" } });
    took.push(Number(answer.headers.get("content-length")));
    check(answer.headers.get("content-encoding") === "gzip" && answer.headers.get("content-security-policy"),
          `${path}: ${took.at(-1)} bytes`);
  }
  const total = took.reduce((a, b) => a + b, 0);
  check(total < 150_000, `${total} bytes are less than 150 KB`);
}

await run("page.mjs: the web page, as an operator sees it", async (world) => {
  const live = await follows(world);
  await keys(world);
  await accessible(world, live);
  await small(live.url);
  await scrolls(world);
  const foreign = [...world.hosts].filter((host) => !host.startsWith("127.0.0.1:"));
  check(foreign.length === 0, `no request went to another host (${world.hosts.size} servers were asked)`, foreign);
  check(world.problems.length === 0, "the browser complained of nothing", world.problems);
});
