// The table of all items: search, filters, sorting, pages. The data comes from data.js; every value is
// set as text, so that nothing in an item can become markup.
"use strict";
(function () {
  const PAGE = 100;
  const RISKS = { critical: 4, high: 3, moderate: 2, low: 1 };
  const items = window.POAM.items;
  const columns = window.POAM.columns;
  const at = {};
  columns.forEach(function (name, index) { at[name] = index; });
  const asOf = window.POAM.asOf;
  // Filters that only links set: from charts of the overview.
  const LINKED = ["age", "at", "opened", "closed", "slipped"];
  const $ = function (id) { return document.getElementById(id); };
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const state = { search: "", status: "", risk: "", owner: "", show: "all", sort: "due", down: false, page: 0,
    age: "", at: "", opened: "", closed: "", slipped: "" };

  // Roles are said again where a narrow screen shows rows as blocks, which would take them away.

  // One string to look in for each item, made once.
  const haystack = items.map(function (item) { return item.join("\u0001").toLowerCase(); });

  function options(id, values) {
    const select = $(id);
    values.forEach(function (value) {
      const option = document.createElement("option");
      option.value = value === "" ? "\u0001" : value;
      option.textContent = value === "" ? "(none)" : value;
      select.appendChild(option);
    });
  }

  function distinct(name) {
    return Array.from(new Set(items.map(function (item) { return item[at[name]]; })));
  }

  function fromAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    ["search", "status", "risk", "owner", "show", "sort"].forEach(function (name) {
      state[name] = asked.has(name) ? asked.get(name) : { show: "all", sort: "due" }[name] || "";
    });
    LINKED.forEach(function (name) { state[name] = asked.get(name) || ""; });
    state.down = asked.get("down") === "1";
    state.page = Math.max(0, (parseInt(asked.get("page"), 10) || 1) - 1);
    if (!Object.prototype.hasOwnProperty.call(at, state.sort)) { state.sort = "due"; }
    ["search", "status", "risk", "owner", "show"].forEach(function (name) { $(name).value = state[name]; });
    if ($("show").selectedIndex < 0) { $("show").value = state.show = "all"; }
  }

  function toAddress() {
    const said = new URLSearchParams();
    ["search", "status", "risk", "owner"].forEach(function (name) { if (state[name]) { said.set(name, state[name]); } });
    LINKED.forEach(function (name) { if (state[name]) { said.set(name, state[name]); } });
    if (state.show !== "all") { said.set("show", state.show); }
    if (state.sort !== "due") { said.set("sort", state.sort); }
    if (state.down) { said.set("down", "1"); }
    if (state.page) { said.set("page", state.page + 1); }
    const text = said.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  function days(from, to) { return Math.round((Date.parse(to) - Date.parse(from)) / 86400000); }

  function isMilestoneLate(item) {
    return !item[at.closed] && item[at.milestone_due] !== null && item[at.milestone_due] < asOf;
  }

  // What a link of a chart asks for.
  function isLinked(item) {
    if (state.age) {
      const ends = state.age.replace("+", "-").split("-");
      const age = Math.max(0, days(item[at.detected], asOf));
      if (item[at.closed] || age < Number(ends[0]) || (ends[1] && age > Number(ends[1]))) { return false; }
    }
    const month = function (day) { return (day || "").slice(0, 7); };
    if (state.at && (!item[at.opened] || month(item[at.opened]) > state.at ||
        (item[at.closed] && month(item[at.closed_on]) <= state.at))) { return false; }
    if (state.opened && month(item[at.opened]) !== state.opened) { return false; }
    if (state.closed && month(item[at.closed_on]) !== state.closed) { return false; }
    return !state.slipped || item[at.slipped].includes(state.slipped);
  }

  function linkedWords() {
    const words = { age: "open for # days", at: "open at the end of #, by the rating that counts now", opened: "opened in #",
      closed: "closed in #", slipped: "with a date that slipped in #" };
    return LINKED.filter(function (name) { return state[name]; })
      .map(function (name) { return ", " + words[name].replace("#", state[name]); }).join("");
  }

  function wanted() {
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    const is = function (value, asked) { return !asked || value === (asked === "\u0001" ? "" : asked); };
    return items.filter(function (item, index) {
      const late = item[at.late] > 0, closed = item[at.closed];
      return is(item[at.status], state.status) && is(item[at.risk], state.risk) && is(item[at.owner], state.owner) &&
        (state.show === "all" || (state.show === "open" && !closed) || (state.show === "closed" && closed) ||
          (state.show === "overdue" && late) || (state.show === "milestones" && isMilestoneLate(item)) ||
          item[at.flags].includes(state.show)) && isLinked(item) &&
        words.every(function (word) { return haystack[index].includes(word); });
    });
  }

  function compare(a, b) {
    const x = a[at[state.sort]], y = b[at[state.sort]];
    if (state.sort === "risk") { return (RISKS[x] || 0) - (RISKS[y] || 0); }
    if (state.sort === "milestone_due") { return collator.compare(x || "9999", y || "9999"); }
    if (typeof x === "number" || typeof y === "number") { return (x === null ? -1 : x) - (y === null ? -1 : y); }
    return collator.compare(x, y);
  }

  function sorted(list) {
    const way = state.down ? -1 : 1;
    return list.sort(function (a, b) {
      // Closed items have no due day that counts: they come last there, whichever way.
      if (state.sort === "due" && a[at.closed] !== b[at.closed]) { return a[at.closed] ? 1 : -1; }
      return way * compare(a, b) || collator.compare(a[at.id], b[at.id]);
    });
  }

  function cell(row, text, title, kind) {
    const td = document.createElement("td");
    td.textContent = text;
    td.dataset.title = title;
    td.setAttribute("role", "cell");
    if (kind) { td.className = kind; }
    row.appendChild(td);
    return td;
  }

  function tag(td, text, kind) {
    td.textContent = "";
    const span = document.createElement("span");
    span.className = "tag " + kind;
    span.textContent = text;
    td.appendChild(span);
  }

  function row(item) {
    const tr = document.createElement("tr");
    tr.setAttribute("role", "row");
    const th = document.createElement("th");
    th.scope = "row";
    th.setAttribute("role", "rowheader");
    const link = document.createElement("a");
    link.href = item[at.page];
    link.textContent = item[at.id];
    th.appendChild(link);
    tr.appendChild(th);
    cell(tr, item[at.name], "Weakness", "wide");
    tag(cell(tr, "", "Risk"), item[at.risk], "r-" + item[at.risk]);
    cell(tr, item[at.status], "Status", "word");
    const owner = cell(tr, (item[at.owner] || "(no owner)") + (item[at.mark] ? " " : ""), "Owner");
    if (item[at.mark]) {
      const mark = document.createElement("span");
      mark.className = "tag late";
      mark.textContent = item[at.mark];
      owner.appendChild(mark);
    }
    cell(tr, item[at.detected], "Detected", "day");
    cell(tr, item[at.closed] ? "" : item[at.due], "Due", "day");
    cell(tr, item[at.milestone_due] === null ? "" : item[at.milestone] + ": " + item[at.milestone_due],
      "Next milestone", isMilestoneLate(item) ? "day late" : "day");
    const late = item[at.late];
    cell(tr, late > 0 ? late + (late === 1 ? " day" : " days") : "", "Late", late > 0 ? "n late" : "n");
    cell(tr, item[at.slips] ? item[at.slips] + " \u00d7" : "", "Slipped", "n");
    return tr;
  }

  function show() {
    const list = sorted(wanted());
    const pages = Math.max(1, Math.ceil(list.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const from = state.page * PAGE;
    const body = document.createElement("tbody");
    body.setAttribute("role", "rowgroup");
    list.slice(from, from + PAGE).forEach(function (item) { body.appendChild(row(item)); });
    $("items").replaceChild(body, $("items").tBodies[0]);
    const to = Math.min(from + PAGE, list.length);
    $("count").textContent = list.length === 0 ? "No item matches" + linkedWords() + "." :
      "Items " + (from + 1) + " to " + to + " of " + list.length +
        (list.length < items.length ? " (" + items.length + " in all)" : "") + linkedWords();
    $("page").textContent = "Page " + (state.page + 1) + " of " + pages;
    $("previous").disabled = state.page === 0;
    $("next").disabled = state.page >= pages - 1;
    document.querySelectorAll("#items th[data-sort]").forEach(function (th) {
      if (th.dataset.sort === state.sort) {
        th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      } else {
        th.removeAttribute("aria-sort");
      }
    });
    toAddress();
  }

  function start() {
    options("status", distinct("status"));
    options("owner", distinct("owner").sort(collator.compare));
    fromAddress();
    document.querySelectorAll("#items th[data-sort] button").forEach(function (button) {
      button.addEventListener("click", function () {
        const name = button.parentElement.dataset.sort;
        state.down = state.sort === name ? !state.down : ["late", "slips", "risk"].includes(name);
        state.sort = name;
        state.page = 0;
        show();
      });
    });
    ["search", "status", "risk", "owner", "show"].forEach(function (name) {
      $(name).addEventListener("input", function () {
        state[name] = $(name).value;
        state.page = 0;
        show();
      });
    });
    $("reset").addEventListener("click", function () {
      history.replaceState(null, "", location.pathname + location.search);
      fromAddress();
      show();
      $("search").focus();
    });
    const turn = function (by) {
      return function () {
        state.page += by;
        show();
        $("items").scrollIntoView({ block: "start" });
      };
    };
    $("previous").addEventListener("click", turn(-1));
    $("next").addEventListener("click", turn(1));
    $("filters").addEventListener("submit", function (event) { event.preventDefault(); });
    window.addEventListener("hashchange", function () { fromAddress(); show(); });
    show();
  }

  start();
})();
