// Sliders that evaluate the formulas of the plan again. `qgdEvaluate` comes before; the data say where sliders may go.
"use strict";
(() => {
  const room = document.getElementById("live");
  const { sliders, outputs } = JSON.parse(document.getElementById("live-data").textContent);
  const error = document.getElementById("live-error");
  const values = {};
  const STEPS = 1000;

  // as the rest of the page writes numbers: whole ones with all digits up to a million, else four digits
  const shown = (x, digits = 4) => {
    if (!Number.isFinite(x)) return String(x);
    if (Number.isInteger(x) && Math.abs(x) < 1e6) return x.toLocaleString("en-US");
    const size = Math.abs(x);
    if (size >= 1e-4 && size < 1e6) return String(Number(x.toPrecision(digits)));
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    return `${Number.isInteger(x) ? mantissa : Number(mantissa)}e${Number(exponent)}`;
  };
  const fitted = (s, x) => {
    const inside = Math.min(Math.max(x, s.low), s.high);
    return s.whole ? Math.round(inside) : inside;
  };
  const place = (s, x) =>
    STEPS * (s.logarithmic ? Math.log(x / s.low) / Math.log(s.high / s.low) : (x - s.low) / (s.high - s.low));
  const value = (s, p) =>
    s.logarithmic ? s.low * (s.high / s.low) ** (p / STEPS) : s.low + ((s.high - s.low) * p) / STEPS;

  const evaluate = (at) => {
    try {
      const found = qgdEvaluate({ ...at });
      if (typeof found.error === "string") return found;
      const bad = outputs.find((name) => !Number.isFinite(found[name]));
      return bad === undefined ? found : { error: `the formulas give no number for ${bad} here, or one beyond 1.8e308` };
    } catch (problem) {
      return { error: `the formulas cannot be evaluated here: ${problem.message}` };
    }
  };
  const start = Object.fromEntries(sliders.map((s) => [s.symbol, s.value]));
  const compiled = evaluate(start);

  const compare = (now, then) => {
    if (now === then) return "as compiled";
    if (!(then > 0)) return "";
    return `${shown(now / then, 3)} times the compiled plan`;
  };

  const update = () => {
    const found = evaluate(values);
    const failed = found.error !== undefined;
    error.hidden = !failed;
    error.textContent = failed ? `No totals here: ${found.error}` : "";
    for (const name of outputs) {
      const output = room.querySelector(`output[data-name="${CSS.escape(name)}"]`);
      const ratio = room.querySelector(`[data-ratio="${CSS.escape(name)}"]`);
      output.textContent = failed ? "–" : shown(found[name]);
      output.dataset.value = failed ? "" : String(found[name]);
      ratio.textContent = failed || compiled.error !== undefined ? "" : compare(found[name], compiled[name]);
    }
  };

  const rows = sliders.map((s, i) => {
    const range = document.getElementById(`slider-of-${i}`);
    const number = document.getElementById(`number-of-${i}`);
    const paper = range.closest(".slider").querySelector(".paper");
    const set = (x, source) => {
      values[s.symbol] = x;
      if (source !== range) range.value = String(place(s, x));
      if (source !== number) number.value = String(s.whole ? x : Number(x.toPrecision(6)));
      range.setAttribute("aria-valuetext", shown(x));
      paper.textContent = shown(x);
      number.removeAttribute("aria-invalid");
    };
    range.addEventListener("input", () => {
      set(fitted(s, value(s, Number(range.value))), range);
      update();
    });
    // one press of a key is one percent of the way, and of whole numbers at least one
    range.addEventListener("keydown", (event) => {
      const ways = { ArrowRight: 10, ArrowUp: 10, ArrowLeft: -10, ArrowDown: -10, PageUp: 100, PageDown: -100 };
      const way = ways[event.key];
      if (way === undefined) return;
      event.preventDefault();
      const old = values[s.symbol];
      let x = fitted(s, value(s, place(s, old) + way));
      if (s.whole && x === old) x = fitted(s, old + Math.sign(way));
      set(x);
      update();
    });
    number.addEventListener("input", () => {
      const x = Number(number.value);
      if (number.value.trim() === "" || !(x >= s.low && x <= s.high) || (s.whole && !Number.isInteger(x))) {
        number.setAttribute("aria-invalid", "true");
        error.hidden = false;
        error.textContent =
          `${room.querySelector(`label[for="${number.id}"]`).textContent}: ` +
          `${s.whole ? "a whole number" : "a number"} from ${shown(s.low)} to ${shown(s.high)}`;
        return;
      }
      set(x, number);
      update();
    });
    return { reset: () => set(s.value) };
  });

  const reset = () => {
    rows.forEach((row) => row.reset());
    update();
  };
  document.getElementById("live-reset").addEventListener("click", reset);
  room.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  reset();
})();
