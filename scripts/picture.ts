import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

/**
 * The README's picture of a report: `node scripts/picture.ts reports/latest docs/report.png`. Needs Chromium
 * (`CHROMIUM`, else /usr/bin/chromium).
 */
const [folder = "reports/latest", file = "docs/report.png"] = process.argv.slice(2);
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1160, height: 840 }, colorScheme: "light" });
await page.goto(pathToFileURL(resolve(folder, "index.html")).href);
const { y = 0 } = (await page.locator("section.experiment").first().boundingBox()) ?? {};
await page.mouse.wheel(0, y - 20);
await page.waitForTimeout(500);
await page.screenshot({ path: file });
await browser.close();
