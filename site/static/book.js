// What scrolls sideways can be reached and scrolled with the keyboard.
function reachable() {
  for (const box of document.querySelectorAll(".highlight pre, .output pre, .text_html, .table-wrapper, .katex-display")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}
addEventListener("load", reachable);

// A sidebar that opens takes the keyboard along; Escape closes it.
for (const [name, place] of [["__navigation", ".sidebar-drawer"], ["__toc", ".toc-drawer"]]) {
  const box = document.getElementById(name), drawer = document.querySelector(place);
  box.addEventListener("change", () => {
    if (box.checked) [...drawer.querySelectorAll("a")].find(link => link.getClientRects().length).focus();
  });
  drawer.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !box.checked) return;
    box.checked = false;
    box.focus();
  });
}
