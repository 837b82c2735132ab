import { access } from "node:fs/promises";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/**
 * Starts Chromium. Where there is none, the test that asks is skipped with that reason; under CI, which installs
 * one, it fails.
 */
export async function startChromium(test: Mocha.Context): Promise<Browser> {
  const missing = await access(executablePath).then(
    () => null,
    () => `no Chromium at ${executablePath}; install it, or set CHROMIUM to its path`,
  );
  if (missing === null) return chromium.launch({ executablePath, args: ["--no-sandbox"] });
  if (process.env["CI"]) throw new Error(missing);
  test.test?.parent?.eachTest((each) => (each.title += ` (skipped: ${missing})`));
  return test.skip();
}

/** A page opened from disk, and all that it complained about or asked the network for. */
export interface OpenedPage {
  page: Page;
  complaints: string[];
  requests: string[];
}

export async function openFile(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) requests.push(request.url());
  });
  await page.goto(`file://${path}`);
  return { page, complaints, requests };
}
