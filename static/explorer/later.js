// A long list is not loaded at once on a small screen, or for a reader who saves data; see site.js. The page has its
// first rows until someone filters, or scrolls beyond them.

const listData = document.getElementById("list-data");

/** A script that loads the list. It is a copy, because the content policy doesn't let scripts set addresses. */
const newListScript = () => listData.content.querySelector("script").cloneNode();

/** Whether the list has been requested. */
const isListRequested = () => document.querySelector(`script[src="${newListScript().getAttribute("src")}"]`) !== null;

/** Shows the page's rows, and returns a function that loads the list. `begin` is called when it is there, or failed. */
function waitToLoad(container, controls, begin) {
  const region = container.querySelector(".explorer-static .scroll");
  let isLoading = false;
  const load = () => {
    if (isLoading) return;
    isLoading = true;
    controls.showMessage("Loading …");
    const script = newListScript();
    script.addEventListener("load", begin);
    script.addEventListener("error", begin);
    document.head.append(script);
  };
  region.addEventListener("scroll", () => {
    if (container.dataset.state === "waiting") container.dataset.state = "reading"; // shows all rows of the page
    if (region.scrollTop + 2 * region.clientHeight > region.scrollHeight) load();
  }, { passive: true });
  container.dataset.state = "waiting";
  controls.wait(grouped(listData.dataset.instances));
  return load;
}
