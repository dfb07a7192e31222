/* A table that is wider than its place becomes a list: each row a block, each cell under the name of its column. */
function fitTables() {
  for (const table of document.querySelectorAll(".bd-article table")) {
    table.classList.remove("as-list");
    if (table.scrollWidth <= table.clientWidth + 1) continue;
    const head = [...table.querySelectorAll("thead tr")].map((row) => [...row.children].map((cell) => cell.innerText.trim()));
    const names = head[0] || [];
    if (!names[0] && head[1]) names[0] = head[1][0];  // pandas writes the name of the index into a second row
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.children].forEach((cell, i) => cell.setAttribute("data-column", names[i] || ""));
    }
    table.classList.add("as-list");
  }
}
document.addEventListener("DOMContentLoaded", fitTables);
window.addEventListener("load", fitTables);
window.addEventListener("resize", fitTables);
