// Pictures of each view for the documentation, from a demo league: screenshots.mjs BINARY FOLDER.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { call, GAME_DATE, run, until } from "./world.mjs";

const folder = resolve(process.argv[3] ?? "docs/screenshots");
const SCREENS = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

// A worker who takes some requests, as one elsewhere would, and answers them slowly.
async function work(url, count) {
  for (let done = 0; done < count;) {
    const { leases } = await call(url, "POST", "/v1/leases", { worker: "picture/1", worker_version: "demo", max: 4, wait: "5s" });
    for (const { token, request } of leases) {
      const points = 8 + (done * 7) % 20;
      const predictions = [{ system: "moving_average", predicted_points: points, spread: 5, confidence: 0.6,
                             line: request.line_values?.[0] ?? null, model_version: "demo/1" }];
      await call(url, "POST", `/v1/leases/${token}:${done % 9 === 8 ? "fail" : "complete"}`,
                 done % 9 === 8 ? { kind: "skip", reason: "PlayerOut" } : { predictions });
      ++done;
    }
    await new Promise((next) => setTimeout(next, 250));
  }
}

await run(`screenshots into ${folder}`, async (world) => {
  mkdirSync(folder, { recursive: true });
  const { url } = await world.server(world.demo(), "--workers", "0");
  const batch = (await call(url, "POST", "/v1/batches", { game_date: GAME_DATE })).batch_id;
  await work(url, 130);
  const views = { batches: "batches", batch: `batches/${batch}`, tonight: "tonight", system: "system" };
  for (const [screen, viewport] of Object.entries(SCREENS)) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await world.page({ colorScheme, viewport });
      for (const [name, path] of Object.entries(views)) {
        await page.goto(`${url}/#/${path}`);
        await page.locator(".card").first().waitFor();
        if (name === "batch") {
          await until("its rows", async () => (await page.locator(".vrows .vrow").count()) > 5);
          await page.locator(".sentence").waitFor();
        }
        await page.waitForTimeout(400); // Bars move for 300 ms.
        await page.screenshot({ path: join(folder, `${name}-${screen}-${colorScheme}.png`), fullPage: name === "batch" });
      }
      await page.context().close();
    }
  }
});
