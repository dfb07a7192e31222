"use strict";
// Asks the server for the page again, and puts its new content in the place of the old.

const SECONDS = 3;
let tag = document.querySelector("main").dataset.tag;
let failures = 0;

function placesOf(main) {
  return {
    open: new Set(Array.from(main.querySelectorAll("details[open][id]"), details => details.id)),
    inner: Array.from(main.querySelectorAll("[id].scroll"), box => [box.id, box.scrollLeft, box.scrollTop]),
    outer: [scrollX, scrollY],
  };
}

function putBack(main, places) {
  waiting = [];  // rows of the old table
  for (const details of main.querySelectorAll("details[id]")) details.open = places.open.has(details.id);
  sortAgain();
  for (const [id, left, top] of places.inner) {
    const box = document.getElementById(id);
    if (!box) continue;
    if (id === "candidates-scroll") showRowsDownTo(box, top + 2 * box.clientHeight);
    box.scrollTo(left, top);
  }
  scrollTo(...places.outer);
}

function say(text) {
  document.getElementById("renewal").textContent = text;
}

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { "If-None-Match": tag }, cache: "no-store" });
    if (!answer.ok && answer.status !== 304) throw new Error(answer.status);
    failures = 0;
    if (answer.status === 200) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = document.querySelector("main");
      const fresh = page.querySelector("main");
      const places = placesOf(main);
      tag = fresh.dataset.tag;
      document.title = page.title;
      document.querySelector("header h1").replaceWith(page.querySelector("header h1"));
      document.querySelector("nav").replaceWith(page.querySelector("nav"));
      main.replaceWith(fresh);
      putBack(fresh, places);
    }
    say(`This page renews itself. It looked at the file at ${new Date().toLocaleTimeString()}.`);
  } catch {
    failures += 1;
    if (failures > 1) say("The server of this page has ended, so it shows the last state.");
  }
  setTimeout(renew, 1000 * SECONDS);
}

setTimeout(renew, 1000 * SECONDS);
