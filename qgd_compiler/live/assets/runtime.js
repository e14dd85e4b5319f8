// Functions that formulas of plans call, each as the function of Python that its comment names.
"use strict";

// scalars.ceil_log2
function ceilLog2(x) {
  if (!(x < Infinity)) return x;
  let k = Math.ceil(Math.log2(x));
  while (2 ** (k - 1) >= x) k--;
  while (2 ** k < x) k++;
  return k;
}

// scalars.trailing_zeros
function trailingZeros(x) {
  let k = 0;
  for (let y = x; y > 0 && y % 2 === 0; y /= 2) k++;
  return k;
}

// numpy.round
function roundEven(x) {
  const low = Math.floor(x), over = x - low;
  if (over !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

// scalars.expected_count
function expectedCount(count, repetitions) {
  const product = count * repetitions, nearest = roundEven(product);
  return Math.abs(product - nearest) <= 1e-14 * nearest ? nearest : Math.ceil(product);
}

// analysis/inverse_norm.py: log_closed_bound
function logClosedBound(m, steps, extra) {
  const ROUNDING = 1e-14;
  const logM = Math.log1p(m - 1);
  const addExp = (a, b) => {
    const top = Math.max(a, b);
    return top === -Infinity ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
  };
  const neutral = (rows) => 0.5 / Math.sin(Math.PI / (2 * (2 * rows + 1)));
  const x = (steps + 1) * logM;
  let geometric;
  if (Math.abs(x) < 1e-8) geometric = Math.log(steps + 1) + steps * Math.abs(m - 1);
  else if (m > 1) geometric = x + Math.log(-Math.expm1(-x) / (m - 1));
  else geometric = Math.log(Math.expm1(x) / (m - 1));
  const logExtra = Math.log(extra);
  const row = addExp(geometric, logExtra), column = addExp(geometric, logExtra + steps * logM);
  let best = (row + Math.max(column, Math.log1p(extra))) / 2 + ROUNDING;
  if (m <= 1) best = Math.min(best, Math.log(neutral(steps + 1 + extra)) + ROUNDING);
  if (m < 1) {
    const margin = 1 - m;
    const run = extra === 0 ? -Math.expm1((steps + 1) * logM) / margin : 1 / margin + neutral(extra + 1);
    best = Math.min(best, Math.log(run) + ROUNDING);
  }
  if (m > 1) best = Math.min(best, Math.log(Math.expm1((steps + 1 + extra) * logM) / (m - 1)) + ROUNDING);
  return best;
}

// analysis/inverse_norm.py: _secular
function secular(logSigma, m, steps, extra) {
  const TINY = 1e-100;
  const sigma = Math.exp(logSigma);
  const psi = 2 * Math.asin(Math.min(sigma / 2, 1));
  const below = (Math.abs(1 - m) - sigma) * (Math.abs(1 - m) + sigma);
  const half = Math.sqrt(Math.abs(below) / Math.max(m, 1e-300)) / 2;
  let run, weight;
  if (below < 0) {
    const theta = Math.max(2 * Math.asin(Math.min(half, 1)), TINY);
    const scale = (steps + 1) * Math.sin(theta);
    run = (1 - m) * Math.sin(steps * theta) + 2 * Math.cos((steps + 0.5) * theta) * Math.sin(theta / 2);
    run /= scale;
    weight = Math.sin((steps + 1) * theta) / scale;
  } else {
    const phi = Math.max(2 * Math.asinh(half), TINY);
    const last = -Math.expm1(-(2 * steps + 2) * phi);
    if (m > 1) {
      const b = (m - 1) * (m + 1) - sigma ** 2;
      const root = Math.sqrt(Math.max(below, 0) * Math.max((m + 1) ** 2 - sigma ** 2, 0));
      const d = (2 * sigma ** 2) / (b + root);
      run = (Math.exp(-2 * steps * phi) * -Math.expm1(-2 * phi) + d * Math.expm1(-2 * steps * phi)) / last;
    } else {
      const odd = Math.exp(-(2 * steps + 1) * phi);
      run = ((1 - m) * -Math.expm1(-(2 * steps + 1) * phi) - Math.expm1(-phi) * (m + odd)) / last;
    }
    weight = 1;
  }
  return Math.cos((extra + 0.5) * psi) * run - 2 * Math.sin(psi / 2) * Math.sin((extra + 1) * psi) * weight;
}

// analysis/inverse_norm.py: history_inverse_norm, by bisection; beyond 1e150 there is no plan
function inverseNorm(m, steps, extra) {
  const SAFETY = 1e-9;
  const closed = logClosedBound(m, steps, extra);
  const logM = m > 1 ? Math.log1p(m - 1) : 0;
  let found;
  if (2 * steps * logM >= 40 + 2 * Math.log1p(steps + extra)) {
    const excess = (m - 1) * (m + 1);
    found = (steps + 1) * logM + Math.log1p(excess * (extra + 1)) / 2 - Math.log(excess) + SAFETY;
  } else {
    const alone = 2 * Math.sin(Math.PI / (2 * (2 * extra + 3)));
    const pole = Math.hypot(1 - m, 2 * Math.sqrt(m) * Math.sin(Math.PI / (2 * (steps + 1))));
    let low = -closed - Math.LN2, high = Math.log(Math.min(alone, pole));
    if (secular(high, m, steps, extra) < 0) {
      for (let i = 0; i < 200 && high - low > 1e-15 * Math.max(1, Math.abs(low)); i++) {
        const middle = (low + high) / 2;
        if (middle <= low || middle >= high) break;
        if (secular(middle, m, steps, extra) >= 0) low = middle;
        else high = middle;
      }
    }
    found = SAFETY - high;
  }
  const norm = Math.exp(Math.min(found, closed));
  return norm < 1e150 ? norm : Infinity;
}

// analysis/trajectory.py: geometric_sums
function geometricSums(mu, steps) {
  let power = mu, s = 1, plain = 1, square = 1, t = 1;
  for (const bit of steps.toString(2).slice(1)) {
    square = square + t * s ** 2 + 2 * power * s * plain + power ** 2 * square;
    plain = plain + t * s + power * plain;
    s = s + power * s;
    power = power ** 2;
    t *= 2;
    if (bit === "1") {
      s = s + power;
      power = power * mu;
      plain = plain + s;
      square = square + s ** 2;
      t += 1;
    }
  }
  return [s, square];
}

// analysis/run_bounds.py: final_over_total_bound
function finalOverTotal(largest, rate, steps) {
  const smallest = 1 - rate * largest;
  if (smallest >= 0) {
    const [last, squares] = geometricSums(Math.min(smallest, 1), steps);
    return last ** 2 / squares;
  }
  const a = Math.min(-smallest, 1), odd = Math.floor((steps + 1) / 2);
  const powers = geometricSums(a ** 2, odd)[0], doubled = geometricSums(a ** 4, odd)[0];
  const total = odd + 2 * a * powers + a ** 2 * doubled + Math.floor(steps / 2);
  const final = steps % 2 ? 1 : (1 - a ** steps) ** 2;
  return Math.min(final / total, 1 / steps);
}

// costing/tables.py: _first_fewest among _blocks_around, for one axis or two
function fewestColumns(lengths, ratio, plain, toffoli) {
  const AROUND = 3;
  const most = lengths.map((length) => ceilLog2(Math.max(length, 1)));
  const all = most.reduce((a, b) => a + b, 0);
  const centre = Math.min(Math.max(roundEven(Math.log2(Math.max(ratio, 1)) / 2), 0), all);
  const totals = plain ? [0] : [];
  for (let d = -AROUND; d <= AROUND; d++) totals.push(centre + d);
  let best = null, least = Infinity;
  for (const total of totals) {
    const first = lengths.length === 1 ? [total] : Array.from({ length: most[0] + 1 }, (_, k) => k);
    for (const k of first) {
      const powers = lengths.length === 1 ? [k] : [k, total - k];
      if (powers.some((p, axis) => p < 0 || p > most[axis])) continue;
      const blocks = powers.map((p) => 2 ** p);
      const found = toffoli(blocks);
      if (found < least) [best, least] = [blocks, found];
    }
  }
  return best;
}

// costing/tables.py: best_blocks and best_borrowed_blocks; `lookupToffoli` is written from the rules
function bestColumns(purpose, controlled, bits, lengths) {
  const words = lengths.reduce((a, b) => a * b, 1);
  const ratio = [words / bits, words, words / (2 * bits)][purpose];
  const cost = lookupToffoli[`${purpose} ${controlled} ${lengths.length}`];
  return fewestColumns(lengths, ratio, purpose === 2, (blocks) => cost(bits, lengths, blocks));
}

// arrays/amplifying.py: ways_of, the best two, each [plain rounds, rounds of a fixed point, circuits]
function waysOf(given, mostGiven, turn, mostWays) {
  if (!(given > 0 && given <= 1 + 1e-12)) return [];
  const p = Math.min(given, 1), most = Math.min(Math.max(mostGiven, p), 1);
  const ways = [[0, 0, 1 / p, 1 / p]];
  const width = Math.atanh(Math.sqrt(p));
  const below = Math.max(2 * Math.floor((turn / width - 1) / 2) + 1, 3);
  const fixed = [below, below + 2].map((runs) => {
    const leak = 1 / Math.cosh(runs * width), reached = 1 - leak * leak;
    return [0, (runs - 1) / 2, 1 / reached, runs / reached];
  });
  if (p < 1) ways.push(fixed[1][3] < fixed[0][3] ? fixed[1] : fixed[0]);
  const theta = Math.asin(Math.sqrt(p)), largest = Math.asin(Math.sqrt(most));
  const centre = (1.165561 / theta - 1) / 2;
  const first = Math.max(Math.floor(centre) - 1, 1), end = Math.ceil(centre) + 2;
  for (let m = first; m < first + 4; m++) {
    const turned = (2 * m + 1) * largest;
    const reached = Math.min(Math.sin((2 * m + 1) * theta), Math.sin(turned)) ** 2;
    if (m < end && turned <= Math.PI && reached > 0) ways.push([m, 0, 1 / reached, (2 * m + 1) / reached]);
  }
  const finite = ways.filter((way) => Number.isFinite(way[3]));
  return finite.sort((a, b) => a[3] - b[3]).slice(0, mostWays);
}
