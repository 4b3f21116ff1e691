// The script of every page: the theme, and the age of the data. It runs before the page is drawn, so that nothing
// flashes or moves. Whatever needs the page's content waits for it.
const root = document.documentElement;
root.classList.add("js");

// The theme is the chosen one, else the system's. Without storage, a choice applies only to this page.
const storageKey = "gpufleet-theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
// The browser's colours around the page: light, dark.
const themeColours = [...document.querySelectorAll('meta[name="theme-color"]')];
const defaultColours = { light: themeColours[0].content, dark: themeColours[1].content };

const systemTheme = () => (prefersDark.matches ? "dark" : "light");
const shownTheme = () => root.dataset.theme || systemTheme();

function rememberedTheme() {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function rememberTheme(theme) {
  try {
    if (theme) localStorage.setItem(storageKey, theme);
    else localStorage.removeItem(storageKey);
  } catch {
    // Storage is off or full.
  }
}

// showTheme shows a theme, or the system's for null or an unknown theme.
function showTheme(theme) {
  if (theme in defaultColours) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const chosen = defaultColours[root.dataset.theme];
  themeColours[0].content = chosen || defaultColours.light;
  themeColours[1].content = chosen || defaultColours.dark;
  document.getElementById("theme")?.setAttribute("aria-pressed", String(shownTheme() === "dark"));
}

// Choosing the system's theme makes the page follow the system again.
function switchTheme() {
  const other = shownTheme() === "dark" ? "light" : "dark";
  const choice = other === systemTheme() ? null : other;
  rememberTheme(choice);
  showTheme(choice);
}

showTheme(rememberedTheme());
prefersDark.addEventListener("change", () => showTheme(root.dataset.theme));
// Follow a choice in another window of the site.
addEventListener("storage", (event) => {
  if (event.key === storageKey || event.key === null) showTheme(rememberedTheme());
});

// The Instances page loads its list at once, unless that is long and the reader has a small screen or saves data. Then
// the explorer loads it when it is needed. An address with a search, filters or a row needs it.
const listData = document.getElementById("list-data");
if (listData !== null) {
  const isLong = Number(listData.dataset.instances) > 10000;
  const isSmall = matchMedia("(max-width: 40rem), (max-height: 30rem)").matches;
  const savesData = navigator.connection?.saveData || matchMedia("(prefers-reduced-data: reduce)").matches;
  const isNeeded = location.search !== "" || location.hash.startsWith("#i-");
  if (!isLong || isNeeded || !isSmall && !savesData) document.head.append(listData.content.cloneNode(true));
}

// The data is stale after twice the expected time between two runs.
const fetched = Date.parse(root.dataset.fetched);
const staleAfter = 2000 * Number(root.dataset.every);
const units = [["year", 365.25 * 86400], ["month", 30.4375 * 86400], ["day", 86400], ["hour", 3600], ["minute", 60]];

function ageText(milliseconds) {
  const seconds = milliseconds / 1000;
  // "47 hours" says more than "1 day", so a unit needs a count of at least 2.
  const [unit, length] = units.find(([, length]) => seconds >= 2 * length) || units[units.length - 1];
  const count = Math.floor(seconds / length);
  if (count < 1) return "just now";
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

function showAge() {
  const age = Date.now() - fetched;
  root.classList.toggle("stale", age > staleAfter);
  for (const element of document.querySelectorAll(".age")) element.textContent = ageText(age);
}

// stepThrough makes the days of a chart one stop of the Tab key. Arrow keys, Home and End move among them.
function stepThrough(list) {
  const days = [...list.querySelectorAll("[tabindex]")];
  const choose = (chosen) => {
    for (const day of days) day.tabIndex = day === chosen ? 0 : -1;
  };
  choose(days[days.length - 1]);
  list.addEventListener("focusin", (event) => choose(event.target));
  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = days.indexOf(event.target);
    const next = days[{ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: days.length - 1 }[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

const isShown = (link) => link && link.checkVisibility();

// nextLink returns the link of a cell that a key leads to from another, undefined if there is none.
function nextLink(rows, link, key) {
  let row = rows.findIndex((links) => links.includes(link));
  let column = rows[row].indexOf(link);
  if (key === "Home") return rows[row].find(isShown);
  if (key === "End") return rows[row].findLast(isShown);
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!step) return undefined;
  do {
    row += step[0];
    column += step[1];
  } while (rows[row]?.[column] !== undefined && !isShown(rows[row][column]));
  return rows[row]?.[column];
}

// stickySizes returns how much of a table's region its head, sums, foot and row headings cover, clockwise from the top.
function stickySizes(table) {
  const [first, last] = [table.tHead.rows[0].firstElementChild, table.tHead.rows[0].lastElementChild];
  return `${first.offsetHeight}px ${last.offsetWidth}px ${table.tFoot.offsetHeight}px ${first.offsetWidth}px`;
}

// stepThroughCells makes the links of the matrix one stop of the Tab key. Arrow keys, Home and End move among them.
function stepThroughCells(section) {
  const table = section.querySelector(".matrix");
  const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
  const links = rows.flat().filter((link) => link);
  const choose = (chosen) => {
    for (const link of links) link.tabIndex = link === chosen ? 0 : -1;
  };
  const chooseFirst = () => choose(links.find((link) => link.closest("td") && isShown(link)) ?? links[1]);
  chooseFirst();
  const region = section.querySelector(".scroll");
  region.removeAttribute("tabindex"); // focusing a cell scrolls to it
  section.querySelector(".switch").addEventListener("change", chooseFirst); // which can hide the chosen one
  table.addEventListener("focusin", (event) => choose(event.target));
  table.addEventListener("keydown", (event) => {
    const next = event.altKey || event.ctrlKey || event.metaKey ? null : nextLink(rows, event.target, event.key);
    if (!next) return;
    event.preventDefault();
    region.style.scrollPadding = stickySizes(table);
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

showAge();
setInterval(showAge, 60000);
addEventListener("DOMContentLoaded", () => {
  showAge();
  showTheme(root.dataset.theme);
  document.getElementById("theme").addEventListener("click", switchTheme);
  document.querySelectorAll(".spend-days").forEach(stepThrough);
  document.querySelectorAll(".heat").forEach(stepThroughCells);
  // The explorer's script has run by now, if it loaded at all. Otherwise show the complete static list.
  const emptyControls = document.querySelector(".explorer-controls:empty");
  if (emptyControls) emptyControls.closest(".explorer").dataset.state = "failed";
});
