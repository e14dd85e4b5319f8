// Tables that their reader sorts by a column and filters by words. Every cell carries its rank in `data-k`.
"use strict";
(() => {
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const rank = (row, i) => Number(row.cells[i].dataset.k);

    heads.forEach((head, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1;
        body.append(...[...rows].sort((a, b) => sign * (rank(a, i) - rank(b, i))));
      });
    });

    const bar = document.createElement("p");
    bar.className = "controls filter";
    const label = document.createElement("label");
    label.textContent = "Filter ";
    const input = document.createElement("input");
    input.type = "search";
    label.append(input);
    const shown = document.createElement("span");
    shown.setAttribute("role", "status");
    bar.append(label, " ", shown);
    const box = table.closest(".scroll");
    box.before(bar);

    const update = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let kept = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        kept += row.hidden ? 0 : 1;
      }
      shown.textContent = `${kept} of ${rows.length} rows`;
    };
    input.addEventListener("input", update);
    update();
  }
})();
