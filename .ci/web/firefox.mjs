// Uses a report's site in Firefox as a reader does: from a server, and from disk. It prints what is wrong, and at the
// end how much it has checked.
// usage: node firefox.mjs FIREFOX ADDRESS FOLDER PAGE..., the address and the folder of the same site
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [executablePath, address, folder, ...pages] = process.argv.slice(2);
const downloads = mkdtempSync(path.join(os.tmpdir(), "firefox-downloads-"));
const disk = pathToFileURL(folder).href + "/";
const { instances } = JSON.parse(readFileSync(path.join(folder, "data/instances.json")));
const stopped = instances.filter((each) => each.status === "Stopped");
const stoppedNames = stopped.map((each) => each.host_name).toSorted();

let checks = 0;
const wrong = (what) => console.log(what);
function check(what, got, want) {
  checks++;
  const [is, should] = [JSON.stringify(got), JSON.stringify(want)];
  if (is !== should) wrong(`${what}: ${is}, want ${should}`);
}

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  extraPrefsFirefox: {
    "browser.download.folderList": 2,
    "browser.download.dir": downloads,
    "browser.download.always_ask_before_handling_new_types": false,
    "browser.helperApps.neverAsk.saveToDisk": "text/csv,application/json",
    "ui.systemUsesDarkTheme": 0,
  },
});
const tab = await browser.newPage();
await tab.setViewport({ width: 1280, height: 900 });
tab.setDefaultTimeout(20_000);
tab.on("console", (message) => wrong(`${tab.url()}: console: ${message.text()}`));
tab.on("pageerror", (error) => wrong(`${tab.url()}: ${error.message}`));
tab.on("requestfailed", (request) => wrong(`${tab.url()}: ${request.url()} failed`));
await tab.evaluateOnNewDocument(() => {
  document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
});

const settled = () => tab.waitForFunction(() => !document.querySelector('.explorer:not([data-state="live"])'));
async function open(url) {
  await tab.goto(url);
  await settled();
}

/** Opens each page: it has its style, is no wider than the window, and its scrollbars have the colours of the site. */
async function looks(site) {
  for (const page of pages) {
    // The report in one file is opened from disk, as an attachment is. From a server, Firefox would also request
    // /favicon.ico, and complain that the page forbids it.
    await open((page === "report.html" ? disk : site) + page);
    check(`${page}: looks`, await tab.evaluate(() => [
      getComputedStyle(document.body).fontFamily.includes("system-ui"),
      document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      [...document.querySelectorAll(".scroll")].every((region) => getComputedStyle(region).scrollbarColor !== "auto"),
    ]), [true, true, true]);
  }
}

const names = () => tab.$$eval(".live tbody tr", (rows) => rows.map((row) => row.cells[0].textContent));
const query = () => tab.evaluate(() => location.search);
const count = () => tab.$eval(".explorer-totals dd", (count) => count.textContent);

/** Searches, filters and sorts the instances, follows addresses, and saves the shown rows. */
async function explorer(site) {
  const list = site + "instances/index.html";
  await open(list);
  check("all instances", await count(), String(instances.length));
  await tab.type("#explorer-text", stopped[0].id);
  await tab.waitForFunction((want) => location.search === want, {}, `?q=${stopped[0].id}`);
  check("a search", await names(), [stopped[0].host_name]);

  await open(`${list}?status=Stopped`);
  check("an address of a filter", [await count(), (await names()).toSorted()],
    [`${stopped.length} of ${instances.length}`, stoppedNames]);
  check("the chosen options", await tab.$$eval(".facets :checked", (boxes) => boxes.length), 1);

  await tab.evaluate(() => [...document.querySelectorAll(".live thead button")]
    .find((button) => button.textContent.startsWith("Host name")).click());
  check("the address of an order", await query(), "?status=Stopped&sort=host_name");
  check("an order", await names(), stoppedNames);

  await tab.evaluate(() => [...document.querySelectorAll(".explorer button")]
    .find((button) => button.textContent === "Save as CSV").click());
  check("the saved rows", (await saved("instances.csv")).trim().split("\n").length, stopped.length + 1);
}

/** Sorts a table by a click, and by its address. */
async function sorting(site) {
  const list = site + "models/index.html";
  const shown = () => tab.evaluate(() => [location.search, document.querySelector(".sortable [aria-sort]")?.textContent,
    [...document.querySelectorAll(".sortable tbody tr")].map((row) => row.cells[1].textContent)]);
  const click = () => tab.evaluate(() => [...document.querySelectorAll(".sortable thead button")]
    .find((button) => button.textContent === "Instances").click());
  await open(list);
  const atFirst = await shown();
  const byNumber = atFirst[2].toSorted((a, b) => b - a);
  check("the order at first is another", atFirst[2].join() === byNumber.join(), false);
  await click();
  check("the most instances first", await shown(), ["?totals-by-gpu-model=-instances", "Instances", byNumber]);
  await click();
  const ascending = ["?totals-by-gpu-model=instances", "Instances", byNumber.toReversed()];
  check("the fewest instances first", await shown(), ascending);
  await open(list + ascending[0]);
  check("the address of an order of models", await shown(), ascending);
  await click();
  check("the page's own order again", await shown(), atFirst);
}

/** Returns a downloaded file, and removes it. */
async function saved(name) {
  const file = path.join(downloads, name);
  for (let tries = 0; tries < 100 && !(existsSync(file) && readdirSync(downloads).length === 1); tries++) {
    await new Promise((resume) => setTimeout(resume, 50));
  }
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  rmSync(file, { force: true });
  return text;
}

/** Downloads a file by its link. From disk, the browser would show it. */
async function link(site) {
  await open(site + "changes/index.html");
  await tab.evaluate(() => document.querySelector('a[download][href$="changes.json"]').click());
  check("a downloaded file", await saved("changes.json"), readFileSync(path.join(folder, "data/changes.json"), "utf8"));
}

/** Chooses a theme, which another page keeps. */
async function theme(site) {
  const ground = () => tab.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = "rgb(246, 246, 242)", dark = "rgb(16, 20, 22)";
  await open(site + "about/index.html");
  check("the system's theme", await ground(), light);
  await tab.click("#theme");
  check("a chosen theme", await ground(), dark);
  await open(site + "changes/index.html");
  check("a kept theme", await ground(), dark);
  await tab.click("#theme");
}

try {
  await looks(address);
  for (const site of [address, disk]) {
    await explorer(site);
    await sorting(site);
    await theme(site);
  }
  await link(address);
} catch (error) {
  wrong(`${tab.url()}: ${error.message}`);
}
await browser.close();
rmSync(downloads, { recursive: true, force: true });
console.log(`${checks} checks`);
