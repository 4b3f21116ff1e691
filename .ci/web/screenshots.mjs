// Takes a picture of the largest page of each kind, at four widths, light and dark.
// usage: node screenshots.mjs SITE PICTURES, both folders
import fs from "node:fs";
import path from "node:path";
import puppeteer from "puppeteer-core";

const [site, pictures] = process.argv.slice(2).map((folder) => path.resolve(folder));
const maxHeight = 4000; // of a picture; a longer page is cut

// kinds returns the largest page of each kind, by a name for pictures: "regions-x-x" for regions/REGION/MODEL.
function kinds() {
  const largest = {};
  for (const file of fs.readdirSync(site, { recursive: true }).filter((file) => file.endsWith(".html"))) {
    const [first, ...below] = path.dirname(file).split(path.sep);
    const name = path.basename(file, ".html").replace(/\d+$/, (digits) => (digits === "404" ? digits : "n"));
    const kind = [first, ...below.map(() => "x"), name].filter((part) => part !== "." && part !== "index").join("-");
    const { size } = fs.statSync(path.join(site, file));
    if (!(largest[kind || "overview"]?.size >= size)) largest[kind || "overview"] = { file, size };
  }
  return Object.entries(largest).map(([kind, { file }]) => [kind, file]);
}

fs.mkdirSync(pictures, { recursive: true });
const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const tab = await browser.newPage();
for (const [kind, file] of kinds()) {
  for (const width of [390, 768, 1280, 1920]) {
    for (const scheme of ["light", "dark"]) {
      await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await tab.setViewport({ width, height: 900 });
      await tab.goto("file://" + path.join(site, file));
      await tab.waitForFunction(() => !document.querySelector('.explorer:not([data-state="live"])'));
      const height = await tab.evaluate(() => document.documentElement.scrollHeight);
      await tab.screenshot({
        path: path.join(pictures, `${kind}-${width}-${scheme}.png`),
        clip: { x: 0, y: 0, width, height: Math.min(height, maxHeight) },
      });
    }
  }
}
await browser.close();
