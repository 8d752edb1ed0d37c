// Search shows an extract of each page it found, which a browser cannot fetch from a file; and
// formulas are no prose.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
const withoutFormulas = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const formula of page.querySelectorAll(".math")) formula.replaceWith("…");
  return page.documentElement.outerHTML;
};

addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "object") {
    const { htmlToText } = Search;
    Search.htmlToText = (html, anchor) => htmlToText(withoutFormulas(html), anchor);
  }

  // The theme's buttons that unfold a part of the sidebar have no name.
  for (const button of document.querySelectorAll(".bd-sidebar-primary summary"))
    button.ariaLabel = `Pages of ${button.closest("li").querySelector("a").textContent}`;

  // The buttons that unfold code are named otherwise than what they show.
  for (const button of document.querySelectorAll("details.hide > summary"))
    button.removeAttribute("aria-label");

  for (const code of document.querySelectorAll(".bd-article .highlight")) code.append(copier(code));

  // Browsers load no modules from a file.
  const diagrams = document.querySelectorAll(".diagram");
  if (diagrams.length && location.protocol !== "file:") {
    const style = { rel: "stylesheet", href: new URL("../explorer/diagrams.css", HERE) };
    document.head.append(Object.assign(document.createElement("link"), style));
    for (const box of diagrams) box.replaceChildren();
    import(new URL("../explorer/diagrams.js", HERE));
  }
});

const HERE = document.currentScript.src;

// A button that copies the code beside it.
function copier(code) {
  const button = Object.assign(document.createElement("button"), {
    className: "copy",
    type: "button",
    textContent: "Copy",
  });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("pre").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return button;
}
