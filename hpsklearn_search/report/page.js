"use strict";
// The page works without this script; it sorts the table, copies code and switches between light and dark.

const kept = {
  get: name => { try { return sessionStorage.getItem(name); } catch { return null; } },
  set: (name, value) => { try { sessionStorage.setItem(name, value); } catch { /* a browser may forbid it */ } },
};

// ------------------------------------------------------------------ light and dark
const root = document.documentElement;
const isDark = () => root.dataset.theme
  ? root.dataset.theme === "dark"
  : matchMedia("(prefers-color-scheme: dark)").matches;

function showTheme() {
  const button = document.getElementById("theme");
  if (button) button.textContent = isDark() ? "light" : "dark";
}

if (kept.get("theme")) root.dataset.theme = kept.get("theme");

// ------------------------------------------------------------------ the sorted table
const collator = new Intl.Collator(undefined, { numeric: true });

function keyOf(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.v ?? cell.textContent;
  if (text === "") return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return collator.compare(a, b);
}

// To lay out a thousand rows takes a while: after sorting, the first are shown, and others when one scrolls there.
const ROWS_AT_ONCE = 100;
let waiting = [];

function showMore(body, n = ROWS_AT_ONCE) {
  body.append(...waiting.splice(0, n));
}

function showRowsDownTo(box, bottom) {
  const body = box.querySelector("tbody");
  while (body && waiting.length && box.scrollHeight < bottom) showMore(body);
}

function showAllRows() {
  const table = document.getElementById("candidates-table");
  if (table) showMore(table.tBodies[0], waiting.length);
}

function sortTable(table, column, direction) {
  const body = table.tBodies[0];
  const headers = table.tHead.rows[0].cells;
  const widths = Array.from(headers, header => header.offsetWidth);
  const rows = [...body.rows, ...waiting].map(row => [keyOf(row, column), row]);
  const filled = rows.filter(([key]) => key !== null);
  const empty = rows.filter(([key]) => key === null);  // they come last, in either direction
  const sign = direction === "descending" ? -1 : 1;
  filled.sort(([a], [b]) => sign * compare(a, b));
  waiting = filled.concat(empty).map(([, row]) => row);
  body.replaceChildren();
  showMore(body);
  for (const [i, header] of Array.from(headers).entries()) {
    header.style.minWidth = `${widths[i]}px`;  // columns must not jump
    header.setAttribute("aria-sort", i === column ? direction : "none");
  }
}

document.addEventListener("scroll", event => {
  const box = event.target;
  if (box.id === "candidates-scroll") showRowsDownTo(box, box.scrollTop + 2 * box.clientHeight);
}, true);
addEventListener("beforeprint", showAllRows);
addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key === "f") showAllRows();  // what is not shown is not found
});

function sortAgain() {
  const table = document.getElementById("candidates-table");
  const saved = kept.get("sort");
  if (!table || !saved) return;
  const [name, direction] = JSON.parse(saved);
  const column = Array.from(table.tHead.rows[0].cells).findIndex(cell => cell.textContent === name);
  if (column >= 0) sortTable(table, column, direction);
}

// ------------------------------------------------------------------ what is clicked
document.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "theme") {
    root.dataset.theme = isDark() ? "light" : "dark";
    kept.set("theme", root.dataset.theme);
    showTheme();
  } else if (button.closest("th")) {
    const header = button.closest("th");
    const direction = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    sortTable(header.closest("table"), header.cellIndex, direction);
    kept.set("sort", JSON.stringify([header.textContent, direction]));
  } else if (button.closest(".code")) {
    copy(button.closest(".code").querySelector("pre"), button);
  }
});

function copy(source, button) {
  getSelection().selectAllChildren(source);
  const done = () => { button.textContent = "copied"; };
  if (navigator.clipboard) navigator.clipboard.writeText(source.textContent).then(done, () => {});
  else if (document.execCommand("copy")) done();
}

showTheme();
sortAgain();
