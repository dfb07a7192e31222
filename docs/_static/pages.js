/* A table that is wider than its place becomes a list: each row a block, each cell under the name of its column. */
function fitTables() {
  for (const table of document.querySelectorAll(".bd-article table:not(.shown table)")) {
    table.classList.remove("as-list");
    if (table.scrollWidth <= table.clientWidth + 1) continue;
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.innerText.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.children].forEach((cell, i) => cell.setAttribute("data-column", names[i] || ""));
    }
    table.classList.add("as-list");
  }
}
document.addEventListener("DOMContentLoaded", fitTables);
window.addEventListener("load", fitTables);
window.addEventListener("resize", fitTables);
