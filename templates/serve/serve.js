// What makes served pages quicker. Every page works without it.
"use strict";
(function () {
  const body = document.body;
  const up = body.dataset.up || "";
  const notice = document.getElementById("changed");
  let asking = false;

  // Every second: is there another state than the one that this page shows?
  async function look() {
    if (asking || document.hidden) { return; }
    asking = true;
    try {
      const answer = await fetch(up + "api/v1/state", { cache: "no-store" });
      if (answer.ok) {
        const state = await answer.json();
        if (String(state.revision) !== body.dataset.revision) { notice.hidden = false; }
      }
    } catch (error) {
      // The program ended; the page stays readable.
    }
    asking = false;
  }
  if (notice && body.dataset.revision) {
    notice.querySelector("a").addEventListener("click", function (event) {
      event.preventDefault();
      location.reload();
    });
    setInterval(look, 1000);
    document.addEventListener("visibilitychange", look);
  }

  // One box for all rows of the page.
  const every = document.getElementById("every");
  if (every) {
    every.closest("th").hidden = false;
    every.addEventListener("change", function () {
      document.querySelectorAll("input[name=item]").forEach(function (box) { box.checked = every.checked; });
    });
  }

  // Files that are dropped are chosen.
  document.querySelectorAll(".drop").forEach(function (drop) {
    const input = drop.querySelector("input[type=file]");
    ["dragover", "dragleave", "drop"].forEach(function (kind) {
      drop.addEventListener(kind, function (event) {
        event.preventDefault();
        drop.classList.toggle("over", kind === "dragover");
        if (kind === "drop") { input.files = event.dataTransfer.files; }
      });
    });
  });

  // Filters apply at once; `/` goes to the search.
  document.querySelectorAll("form[data-quick] select").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });
  document.addEventListener("keydown", function (event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const search = document.getElementById("search");
    if (event.key === "/" && !typing && search) {
      event.preventDefault();
      search.focus();
    }
  });
})();
