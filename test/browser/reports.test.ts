import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { judgedExperiment, runMocha } from "../../src/report/mocha-run.ts";
import { createRunFolder, writeReports } from "../../src/report/run-folder.ts";
import { rowsOf, timeText, verdictText } from "../../src/report/wording.ts";
import { realisticResults } from "../report/realistic-results.ts";
import { illegible } from "./illegible.ts";
import { openFile, startChromium } from "./chromium.ts";

const results = realisticResults();
const rows = rowsOf(results.experiments);

describe("the reports in a browser", function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let out: string;
  let folder: string;

  before(async function () {
    out = await mkdtemp(join(tmpdir(), "rebound-browser-"));
    browser = await startChromium(this);
    const run = await createRunFolder(out, "run");
    folder = run.path;
    await runMocha(results.experiments.map(judgedExperiment), { folder, run: results });
    const facts = {
      id: run.id,
      startedAt: "",
      finishedAt: "",
      command: [],
      versions: { rebound: "", node: "" },
      exitCode: 1,
    };
    await writeReports(run, results, facts);
  });

  after(async () => {
    await browser?.close();
    await rm(out, { recursive: true });
  });

  const open = (file: string, options = {}): ReturnType<typeof openFile> => {
    assert.ok(browser);
    return openFile(browser, join(folder, file), options);
  };

  it("the recovery report shows every variant's verdict, time and picture", async () => {
    const { page } = await open("index.html");
    for (const [index, { variant, judgement }] of rows.entries()) {
      const card = page.locator(`#v${index + 1}`);
      const text = await card.innerText();
      assert.ok(text.includes(verdictText[judgement.verdict]), `card ${index + 1}: ${judgement.verdict}`);
      assert.ok(text.includes(timeText(variant, judgement)), `card ${index + 1}: ${timeText(variant, judgement)}`);
      const box = await card.locator("svg").boundingBox();
      assert.ok(box && box.width > 300 && box.height > 40, `card ${index + 1} has its picture`);
    }
  });

  for (const file of ["index.html", "mochawesome.html"]) {
    it(`${file} complains of nothing and asks for nothing but itself`, async () => {
      const { page, complaints, requests } = await open(file);
      await page.waitForTimeout(300);
      assert.deepEqual(complaints, []);
      assert.deepEqual(requests, [`file://${join(folder, file)}`]);
    });
  }

  it("a folded card opens for whoever follows a link to it", async () => {
    const { page } = await open("index.html");
    const unfolded = page.locator("#v1 > details[open]");
    await page.locator("#v1 > details > summary").click();
    assert.equal(await unfolded.count(), 0);
    await page.locator('#all a[href="#v1"]').click();
    await unfolded.waitFor({ timeout: 2000 });
  });

  it("a word and the colours filter the table", async () => {
    const { page, complaints } = await open("index.html");
    const shown = (): Promise<number> => page.locator(".results tr[data-colour]:visible").count();
    assert.equal(await shown(), rows.length + 1);
    await page.locator("button[data-filter=green]").click();
    assert.equal(
      await shown(),
      rows.filter(({ judgement }) => !["recovered", "as-expected"].includes(judgement.verdict)).length + 1,
    );
    await page.locator("#word").fill("rerunonfailure late");
    assert.equal(await shown(), 1);
    assert.deepEqual(complaints, []);
  });

  it("nothing sticks out of the page, wide or narrow", async () => {
    for (const width of [1280, 768, 390]) {
      const { page } = await open("index.html", { viewport: { width, height: 900 } });
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    }
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`text is legible in ${colorScheme}, and printed from there`, async () => {
      const { page } = await open("index.html", { colorScheme });
      assert.deepEqual(await illegible(page), []);
      await page.emulateMedia({ media: "print" });
      assert.deepEqual(await illegible(page), []);
    });
  }

  it("junit.xml is well-formed, whatever the names", async () => {
    const { page } = await open("index.html");
    const junit = await readFile(join(folder, "junit.xml"), "utf8");
    const parsed = `new DOMParser().parseFromString(${JSON.stringify(junit)}, "text/xml")`;
    assert.equal(await page.evaluate(`${parsed}.querySelector("parsererror")?.textContent ?? ""`), "");
    assert.equal(await page.evaluate(`${parsed}.querySelectorAll("testcase").length`), rows.length + 1);
  });

  it("printed, the folded evidence is there too", async () => {
    const { page } = await open("index.html");
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.locator("#v1 .evidence").isVisible());
  });

  it("mochawesome shows every test, and with each its picture", async () => {
    const { page } = await open("mochawesome.html");
    const tests = page.locator("li[class*=test--component]");
    await tests.first().waitFor();
    assert.equal(await tests.count(), rows.length + 1);
    for (const test of await page.locator("li.with-context").all()) await test.locator("summary").first().click();
    const pictures = page.locator("img[src^='data:image/svg+xml']");
    await pictures.last().waitFor();
    const widths = await page.evaluate<number[]>(
      "Promise.all([...document.images].map((image) => image.decode().then(() => image.naturalWidth)))",
    );
    assert.deepEqual(
      widths,
      rows.map(() => 760),
    );
  });
});
