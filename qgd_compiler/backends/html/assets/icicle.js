// The icicle: choosing a block shows what its part costs and why, and enlarges it.
"use strict";
(() => {
  const icicle = document.getElementById("icicle");
  if (icicle === null) return;
  const panel = document.getElementById("part-panel");
  const back = document.getElementById("icicle-back");
  const blocks = [...icicle.children].map((button) => ({
    button,
    start: Number(button.dataset.start),
    share: Number(button.dataset.share),
    parent: button.dataset.parent === "" ? null : Number(button.dataset.parent),
  }));
  const children = blocks.map(() => []);
  blocks.forEach((block, i) => block.parent !== null && children[block.parent].push(i));
  let chosen = 0;

  // every block in the frame of the enlarged one; what lies outside it is out of sight and out of reach
  const enlarge = (i) => {
    const frame = blocks[i];
    for (const { button, start, share } of blocks) {
      const left = (start - frame.start) / frame.share;
      const right = (start + share - frame.start) / frame.share;
      button.hidden = right <= 1e-6 || left >= 1 - 1e-6;
      const from = Math.max(left, 0);
      button.style.left = `${100 * from}%`;
      button.style.width = `${100 * (Math.min(right, 1) - from)}%`;
    }
    back.hidden = i === 0;
  };

  const describe = (i) => {
    const { button } = blocks[i];
    const { part, uses, t, percent, component } = button.dataset;
    const article = document.getElementById(`part-${part}`);
    const title = document.createElement("h3");
    title.textContent = article.querySelector("h3").textContent;
    const here = document.createElement("p");
    const label = component === "" ? "" : `, counted under “${component}”`;
    here.textContent = `Here: ${percent} of the T gates, ${t} T${label}; runs ${uses}.`;
    const rest = [...article.children].slice(1).map((child) => child.cloneNode(true));
    panel.replaceChildren(title, here, ...rest);
    panel.hidden = false;
  };

  const point = (i, focus) => {
    blocks[chosen].button.tabIndex = -1;
    chosen = i;
    blocks[i].button.tabIndex = 0;
    if (focus) blocks[i].button.focus();
  };

  const choose = (i, focus) => {
    for (const { button } of blocks) button.removeAttribute("aria-current");
    blocks[i].button.setAttribute("aria-current", "true");
    enlarge(i);
    describe(i);
    point(i, focus);
  };

  const whole = (focus) => {
    enlarge(0);
    panel.hidden = true;
    for (const { button } of blocks) button.removeAttribute("aria-current");
    point(0, focus);
  };

  const beside = (i, step) => {
    const { parent } = blocks[i];
    const row = parent === null ? [i] : children[parent];
    return row[row.indexOf(i) + step];
  };
  const moves = {
    ArrowUp: (i) => blocks[i].parent,
    ArrowDown: (i) => children[i][0],
    ArrowLeft: (i) => beside(i, -1),
    ArrowRight: (i) => beside(i, 1),
    Home: () => 0,
  };

  icicle.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button !== null) choose(Number(button.dataset.i), true);
  });
  icicle.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return whole(true);
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const to = move(chosen);
    if (to === undefined || to === null) return;
    if (blocks[to].button.hidden) enlarge(blocks[to].parent ?? 0);
    point(to, true);
  });
  back.addEventListener("click", () => whole(true));
  for (const button of document.querySelectorAll(".legend button[data-block]")) {
    button.addEventListener("click", () => choose(Number(button.dataset.block), false));
  }
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part]");
    if (link === null) return;
    const below = children[chosen].find((i) => blocks[i].button.dataset.part === link.dataset.part);
    if (below === undefined) {
      document.getElementById(`part-${link.dataset.part}`).closest("details").open = true;
      return;
    }
    event.preventDefault();
    choose(below, false);
  });
})();
