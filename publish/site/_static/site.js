// Search shows an extract of each page it found, which a browser cannot fetch from a file.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// The theme's buttons that unfold a part of the sidebar have no name.
addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(".bd-sidebar-primary summary"))
    button.ariaLabel = `Pages of ${button.closest("li").querySelector("a").textContent}`;
});
