(() => {
  "use strict";
  const root = document.documentElement;
  const toggle = document.getElementById("theme");
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (systemDark.matches ? "dark" : "light")) === "dark";
  const say = () => { toggle.textContent = isDark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", `Show the page ${isDark() ? "light" : "dark"}`); };
  toggle.hidden = false;
  toggle.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; say(); });
  systemDark.addEventListener("change", say);
  say();

  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  const filter = document.getElementById("filter");
  if (filter) filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    let matches = 0;
    for (const part of document.querySelectorAll(".filtered")) {
      const rows = [...part.querySelectorAll("tbody tr")];
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      const shown = rows.filter((row) => !row.hidden).length;
      part.hidden = !shown;
      matches += shown;
    }
    document.getElementById("matches").textContent = wanted ? `${matches} found` : "";
  });

  const tip = document.getElementById("tip");
  const told = new Map();
  for (const row of document.querySelectorAll("tr[data-part]")) {
    const headings = row.closest("table").querySelectorAll("thead th");
    told.set(row.dataset.part, [...row.children].map((cell, i) => [headings[i].textContent, cell.textContent]));
  }
  let shown = null;
  const show = (cell) => {
    shown = cell;
    const list = document.createElement("dl");
    for (const [heading, value] of told.get(cell.id)) {
      list.append(Object.assign(document.createElement("dt"), { textContent: heading }), Object.assign(document.createElement("dd"), { textContent: value }));
    }
    tip.replaceChildren(list);
    tip.hidden = false;
    const box = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 8);
    const above = box.top - own.height - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 4 ? above : box.bottom + 8}px`;
  };
  const hide = () => { shown = null; tip.hidden = true; };
  for (const picture of document.querySelectorAll("svg")) {
    const cells = [...picture.querySelectorAll("[id^='cell-']")].filter((cell) => told.has(cell.id));
    if (!cells.length) continue;
    picture.setAttribute("role", "group");
    const at = cells.map((cell) => cell.getBBox());
    const go = (from, x, y) => {
      const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
      const [fx, fy] = middle(at[from]);
      let best = from, nearest = Infinity;
      at.forEach((box, i) => {
        const [dx, dy] = [middle(box)[0] - fx, middle(box)[1] - fy];
        const along = dx * x + dy * y, across = Math.abs(dx * y) + Math.abs(dy * x);
        if (along > 1 && along + 4 * across < nearest) { nearest = along + 4 * across; best = i; }
      });
      cells[from].tabIndex = -1;
      cells[best].tabIndex = 0;
      cells[best].focus();
    };
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    cells.forEach((cell, i) => {
      cell.setAttribute("role", "img");
      cell.setAttribute("aria-label", told.get(cell.id).map(([heading, value]) => `${heading} ${value}`).join(", "));
      cell.tabIndex = i === 0 ? 0 : -1;
      cell.addEventListener("pointerenter", () => show(cell));
      cell.addEventListener("pointerleave", hide);
      cell.addEventListener("focus", () => show(cell));
      cell.addEventListener("blur", hide);
      cell.addEventListener("keydown", (event) => {
        if (event.key === "Escape") hide();
        if (moves[event.key]) { event.preventDefault(); go(i, ...moves[event.key]); }
      });
    });
  }
  addEventListener("scroll", () => { if (shown) show(shown); }, { passive: true });
})();
