// Keys, menus, clipboard and the idle lock. No inline handlers anywhere: pages only carry data attributes.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const say = (text) => { const live = find("#live"); if (live) live.textContent = text; };

  // Rows: j and k move, Enter opens, a click anywhere on the row opens.
  const rows = () => all("[data-rows] tbody tr:not(.group), [data-walk] li, [data-walk] [role=row]");
  const linkOf = (row) => find(".row-link, th a, a[href]", row);
  const move = (step) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((row) => row.classList.contains("at"));
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1);
    list.forEach((row, i) => row.classList.toggle("at", i === next));
    const link = linkOf(list[next]);
    if (link) link.focus({ preventScroll: true });
    list[next].scrollIntoView({ block: "nearest" });
  };

  // The first thing that can be done on the page, for the dot key.
  const ACTIONS = "main form[method=post] button:not(:disabled), main .button[data-key]:not(:disabled)";
  let waitingForGo = 0;
  const press = (selector) => { const element = find(selector); if (element) element.click(); return Boolean(element); };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = event.key;
    if (key === "Escape") {
      if (typing(event.target)) event.target.blur();
      all("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
      toggleSide(false);
      return;
    }
    if (typing(event.target) || find("dialog[open]")) return;
    if (waitingForGo && Date.now() - waitingForGo < 1500) {
      waitingForGo = 0;
      if (/^[a-z0-9]$/.test(key) && press(`[data-go="${key}"]`)) event.preventDefault();
      return;
    }
    if (key === "g") waitingForGo = Date.now();
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "/") { const box = find("#find"); if (box) { box.focus(); box.select(); } else return; }
    else if (key === "?") open("keys");
    else if (key === "[") press('a[rel="prev"]');
    else if (key === "]") press('a[rel="next"]');
    else if (/^[a-z0-9]$/.test(key) && press(`[data-key="${key}"]:not(:disabled)`)) { /* the page's own key */ }
    else if (key === "n") { if (!press('a[rel="next"]')) return; }
    else if (key === "p") { if (!press('a[rel="prev"]')) return; }
    else if (key === ".") { const action = find(ACTIONS); if (action) action.focus(); else return; }
    else return;
    event.preventDefault();
  });

  // Names for a text: a button with data-insert puts its name where the caret was last, Ctrl Space goes there and back.
  let takes = null;
  const taker = () => (takes && takes.isConnected ? takes : find("[data-takes]"));
  const insert = (name) => {
    const text = taker();
    if (!text) return;
    const details = text.closest("details");
    if (details) details.open = true;
    text.setRangeText(name, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-takes]")) takes = event.target; });
  document.addEventListener("keydown", (event) => {
    const words = find("[data-words]");
    if (!words) return;
    if (event.ctrlKey && event.code === "Space") {
      const next = event.target.matches("[data-takes]") ? words : taker();
      if (next) { next.focus(); event.preventDefault(); }
    } else if (event.key === "Enter" && event.target === words) {
      const wanted = words.value.trim().toLowerCase(), listed = all("[data-insert]");
      const first = listed.find((word) => word.dataset.insert.includes(wanted)) || listed[0];
      if (first) insert(first.dataset.insert);
      event.preventDefault();
    }
  });

  // A grid of fields: arrows go from field to field, and what the field is stands in the line below the grid.
  const tell = (field) => {
    const line = find("[data-told]"), meaning = document.getElementById(`m-${field.dataset.tells}`);
    if (line) line.textContent = meaning ? `${field.dataset.says}: ${find("dd", meaning).textContent}` : field.dataset.says;
  };
  ["focusin", "mouseover"].forEach((kind) => document.addEventListener(kind, (event) => {
    const field = event.target.closest && event.target.closest("[data-tells]");
    if (field && (kind === "focusin" || !document.activeElement.closest("[data-tells]"))) tell(field);
  }));
  document.addEventListener("keydown", (event) => {
    const grid = event.target.closest && event.target.closest("[data-grid]");
    if (!grid || event.ctrlKey || event.metaKey || event.altKey || !event.key.startsWith("Arrow")) return;
    const field = event.target.closest("[data-tells]"), row = event.target.closest("[role=row]");
    const lines = all("[role=row]", grid), here = field ? all("[data-tells]", row) : [];
    const at = here.indexOf(field), sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key] || 0;
    const other = lines[lines.indexOf(row) + ({ ArrowUp: -1, ArrowDown: 1 }[event.key] || 0)];
    let next = field ? here[at + sideways] : find("[data-tells]", row || grid);
    if (field && !sideways && other) { const fields = all("[data-tells]", other); next = fields[Math.min(at, fields.length - 1)]; }
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    event.preventDefault();
  });

  const open = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog) return;
    // The help names what this page has.
    all("[data-when]", dialog).forEach((line) => { line.hidden = !find(line.dataset.when); });
    const own = find("[data-page-keys]", dialog);
    if (own) {
      all("[data-own]", own).forEach((line) => line.remove());
      all("[data-key]").forEach((element) => {
        const line = document.createElement("div"), term = document.createElement("dt"), what = document.createElement("dd");
        const cap = document.createElement("kbd");
        cap.textContent = element.dataset.key;
        const label = element.cloneNode(true);
        all("kbd", label).forEach((own) => own.remove());
        what.textContent = element.dataset.keyLabel || label.textContent.replace(/\s+/g, " ").trim();
        term.append(cap); line.append(term, what); line.dataset.own = "";
        own.prepend(line);
      });
    }
    dialog.showModal();
  };
  const toggleSide = (wanted) => {
    const side = find("#side"), button = find('[data-toggle="side"]');
    if (!side || !button) return;
    const shown = wanted === undefined ? !side.classList.contains("open") : wanted;
    side.classList.toggle("open", shown);
    button.setAttribute("aria-expanded", String(shown));
    if (shown) find("a", side).focus();
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    const opener = target.closest("[data-open]");
    if (opener) return open(opener.dataset.open);
    if (target.closest("[data-print]")) return print();
    if (target.closest('[data-toggle="side"]')) return toggleSide();
    if (!target.closest("#side")) toggleSide(false);
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(target)) menu.removeAttribute("open"); });
    if (target.closest("dialog a[download]")) target.closest("dialog").close();
    const word = target.closest("[data-insert]");
    if (word) return insert(word.dataset.insert);
    const copy = target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.dataset.copy).then(() => say("Copied"), () => say("Copying is not allowed here"));
      return;
    }
    const row = target.closest("[data-rows] tbody tr:not(.group)");
    if (row && !target.closest("a, button, input, label, summary") && !String(getSelection())) {
      const link = find(".row-link", row);
      if (link) link.click();
    }
  });

  // Requests that no person made carry a header, so that polling never keeps a session alive.
  document.addEventListener("htmx:configRequest", (event) => {
    if (/\bevery\b/.test(event.detail.elt.getAttribute("hx-trigger") || "") && !event.detail.triggeringEvent) {
      event.detail.headers["Holdfast-Background"] = "1";
    }
  });

  // The window locks itself when its session does; another window may have kept the session alive.
  const { secondsLeft, presence, signIn } = document.body.dataset;
  if (secondsLeft !== undefined) {
    const lock = () => location.assign(`${signIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
    const check = () => fetch(presence, { headers: { "Holdfast-Background": "1" }, redirect: "manual" }).then(
      (answer) => (answer.ok ? answer.json().then((body) => watch(body.secondsLeft)) : lock()),
      () => watch(30), // no answer at all: ask again
    );
    const watch = (seconds) => setTimeout(check, (Math.max(seconds, 1) + 1) * 1000);
    watch(Number(secondsLeft));
  }
})();
