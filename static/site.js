// The script of every page: the theme, and how old the data is. It runs before the page is drawn, so that nothing
// flashes or moves; what needs the page's content waits for it.
const root = document.documentElement;
root.classList.add("js");

// The theme is the chosen one, else the system's. Where nothing can be stored, a choice holds for this page alone.
const storageKey = "gpufleet-theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
// The colours around the page: light, dark.
const grounds = [...document.querySelectorAll('meta[name="theme-color"]')];
const groundColours = { light: grounds[0].content, dark: grounds[1].content };

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

// showTheme shows a theme, or the system's for null and for what is none.
function showTheme(theme) {
  if (theme in groundColours) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const chosen = groundColours[root.dataset.theme];
  grounds[0].content = chosen || groundColours.light;
  grounds[1].content = chosen || groundColours.dark;
  document.getElementById("theme")?.setAttribute("aria-pressed", String(shownTheme() === "dark"));
}

// A choice of what the system prefers is no choice to remember: the page follows the system again.
function switchTheme() {
  const other = shownTheme() === "dark" ? "light" : "dark";
  const choice = other === systemTheme() ? null : other;
  rememberTheme(choice);
  showTheme(choice);
}

showTheme(rememberedTheme());
prefersDark.addEventListener("change", () => showTheme(root.dataset.theme));
// Another window of the site has chosen.
addEventListener("storage", (event) => {
  if (event.key === storageKey || event.key === null) showTheme(rememberedTheme());
});

// How old the data is. Twice the usual time between two runs without one makes it stale.
const fetched = Date.parse(root.dataset.fetched);
const staleAfter = 2000 * Number(root.dataset.every);
const units = [["year", 365.25 * 86400], ["month", 30.4375 * 86400], ["day", 86400], ["hour", 3600], ["minute", 60]];

function ageText(milliseconds) {
  const seconds = milliseconds / 1000;
  // Two units of one, as "47 hours", say more than one of the next, as "1 day".
  const [unit, length] = units.find(([, length]) => seconds >= 2 * length) || units[units.length - 1];
  const count = Math.floor(seconds / length);
  if (count < 1) return "just now";
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

function tellAge() {
  const age = Date.now() - fetched;
  root.classList.toggle("stale", age > staleAfter);
  for (const place of document.querySelectorAll(".age")) place.textContent = ageText(age);
}

tellAge();
setInterval(tellAge, 60000);
addEventListener("DOMContentLoaded", () => {
  tellAge();
  showTheme(root.dataset.theme);
  document.getElementById("theme").addEventListener("click", switchTheme);
  // By now the explorer's script has run, if it has come at all. Without it the list under it must be whole.
  const left = document.querySelector(".explorer-controls:empty");
  if (left) left.closest(".explorer").dataset.state = "failed";
});
