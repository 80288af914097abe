"use strict";
// The page says everything without this script. With it tables sort, one slider moves how much
// worse still counts, others regroup the solutions at another distance, and the picker puts two of
// them side by side.

const whole = new Intl.NumberFormat("en");
const starts = (n) => `${whole.format(n)} ${n === 1 ? "start" : "starts"}`;

/** A number in so many digits that matter, written as on the rest of the page: 0.012, 3·10⁻⁷. */
function number(value, digits) {
  const [head, exponent] = value.toExponential(digits - 1).split("e").map(Number);
  if (value === 0 || (exponent >= -3 && exponent < 7)) {
    const maximumFractionDigits = Math.max(0, digits - 1 - exponent);
    return new Intl.NumberFormat("en", { maximumFractionDigits }).format(value);
  }
  const raised = String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  return `${head === 1 ? "" : `${head}·`}10${raised}`;
}

/** A new element: tag, properties, children. Text is only ever set as text. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Contents: folded on narrow screens, beside the text on wide ones.

function foldContents() {
  const wide = matchMedia("(min-width: 70rem)");
  const contents = document.querySelector("nav details");
  const follow = () => { contents.open = wide.matches; };
  wide.addEventListener("change", follow);
  follow();
}

/** A button that opens every part, to read or to print the whole; again, and all are closed. */
function unfoldAll(nav) {
  const button = make("button", { type: "button", className: "unfold" }, "Open all parts");
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all parts";
    for (const part of document.querySelectorAll("main details")) part.open = open;
    button.textContent = open ? "Close all parts" : "Open all parts";
  });
  nav.append(button);
}

/** Open everything that hides the element that the address leads to. */
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  target?.scrollIntoView();
}

/** A stop for the keyboard only where there is something to scroll to. */
function watchOverflow() {
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".scroll, .picture, pre")) watch.observe(box);
}

// Tables: a click on a header sorts by its column, a second one the other way round.

function sortable(table) {
  if (table.tBodies[0].rows.length < 2 || table.closest(".stacked")) return;
  for (const header of table.tHead.rows[0].cells) {
    const button = make("button", { type: "button" }, ...header.childNodes);
    button.addEventListener("click", () => sort(table, header));
    header.append(button);
  }
}

function sort(table, header) {
  const down = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const cell = (row) => row.cells[header.cellIndex];
  const rows = [...table.tBodies[0].rows].filter((row) => !row.matches(".below"));
  const below = new Map(rows.map((row) => [row, row.nextElementSibling]));
  rows.sort((a, b) => (down ? -1 : 1) * compare(cell(a), cell(b)));
  // What has no number comes last, whichever way.
  const known = (row) => cell(row).dataset.value !== undefined;
  if (rows.some(known)) rows.sort((a, b) => known(b) - known(a));
  const whole = (row) => (below.get(row)?.matches(".below") ? [row, below.get(row)] : [row]);
  table.tBodies[0].append(...rows.flatMap(whole));
}

function compare(a, b) {
  const [x, y] = [Number(a.dataset.value), Number(b.dataset.value)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x === y ? 0 : x - y;
  return a.textContent.localeCompare(b.textContent, "en", { numeric: true });
}

// Slider: single linkage at any tolerance, from the same tree as in Python.

/** Groups that chains of steps up to the tolerance join, lowest objective first. */
function groupsAt({ leaves, merges }, tolerance) {
  const parent = leaves.map((_, i) => i);
  const root = (i) => { while (parent[i] !== i) i = parent[i]; return i; };
  for (const [length, a, b] of merges) {
    if (length > tolerance) break;
    const [low, high] = [root(a), root(b)].sort((x, y) => x - y);
    parent[high] = low;
  }
  const groups = new Map();
  leaves.forEach(([n, near], i) => {
    const group = groups.get(root(i)) ?? { n: 0, near: false };
    groups.set(root(i), { n: group.n + n, near: group.near || Boolean(near) });
  });
  return [...groups.values()];
}

const MOST_GROUPS = 8;

function slider(box, data) {
  const [input, output, list] = ["input", "output", "ol"].map((tag) => box.querySelector(tag));
  const [plateau, curve, cursor] = box.querySelectorAll("path");
  const last = data.counts.length - 1;
  const step = (tolerance) => 20 * (Math.log10(tolerance) + 9);
  const across = (tolerance) => 600 * Math.min(1, Math.max(0, step(tolerance) / last));
  const most = Math.log(Math.max(2, data.counts[0][0]));
  const up = (n) => (56 - 50 * Math.log(Math.max(n, 1)) / most).toFixed(1);
  const points = data.counts.map(([n], i) => `${600 * i / last} ${up(n)}`);
  curve.setAttribute("d", `M${points.join("L")}`);
  if (data.plateau) {
    const [low, high] = data.plateau.map(across);
    plateau.setAttribute("d", `M${low} 0H${high}V60H${low}Z`);
  }

  function show(tolerance, [near, all]) {
    const said = number(tolerance, 2);
    const worse = all - near;
    Object.assign(box.dataset, { tolerance, near, all });
    input.setAttribute("aria-valuetext", said);
    output.textContent = `At ${said}: ${near} distinct ${near === 1 ? "solution" : "solutions"}`
      + (worse ? `, and ${worse} worse ${worse === 1 ? "minimum" : "minima"}` : "");
    cursor.setAttribute("d", `M${across(tolerance)} 0V60`);
    list.replaceChildren(...(tolerance < data.floor ? [] : bars(groupsAt(data, tolerance))));
  }

  input.max = last;
  input.value = Math.round(step(data.tolerance));
  const chosen = () => show(10 ** (input.value / 20 - 9), data.counts[input.value]);
  input.addEventListener("input", chosen);
  show(data.tolerance, data.used);
}

/** A line for each of the first groups, its bar as long as its share of the largest. */
function bars(groups) {
  const largest = Math.max(...groups.map((group) => group.n));
  const lines = groups.slice(0, MOST_GROUPS).map((group, i) => {
    const bar = make("span", { className: `bar ${group.near ? "near" : "worse"}` });
    bar.style.setProperty("--share", group.n / largest);
    const size = make("span", { className: "n" }, starts(group.n));
    return make("li", {}, make("span", {}, group.near ? `${i + 1}` : `${i + 1} (worse)`), bar, size);
  });
  const rest = groups.slice(MOST_GROUPS);
  if (rest.length) {
    const n = rest.reduce((sum, group) => sum + group.n, 0);
    const more = `and ${whole.format(rest.length)} more with ${starts(n)}`;
    lines.push(make("li", { className: "rest" }, more));
  }
  return lines;
}

// Gate: which minima still count, for every k at once.

function gate(box, data) {
  const [input, output, list] = ["input", "output", "ol"].map((tag) => box.querySelector(tag));
  const counted = ({ rows }, gate) => rows.findLast(([from]) => from <= gate) ?? rows[0];

  function show(gate, moved) {
    const worse = `${number(100 * gate, 2)} %`;
    box.dataset.gate = gate;
    input.setAttribute("aria-valuetext", worse);
    output.textContent = `Up to ${worse} worse${moved ? "" : ", as in this report"}:`;
    list.replaceChildren(...data.lines.map((line) => {
      const [, n, trusted] = counted(line, gate);
      if (moved && line.figure) recolour(line, new Set(trusted));
      const who = trusted.length === line.of ? "all components are stable"
        : trusted.length ? `stable: ${trusted.join(", ")}` : "no component is stable";
      const many = n === null ? "infinitely many" : whole.format(n);
      const solutions = `${many} ${n === 1 ? "solution" : "solutions"}`;
      return make("li", {}, `${line.label}: ${solutions}; ${who}`);
    }));
  }

  input.value = Math.round(20 * (Math.log10(data.gate) + 6));
  input.addEventListener("input", () => show(10 ** (input.value / 20 - 6), true));
  show(data.gate, false);
}

/** The figure of the components, with other ones stable. */
function recolour({ figure, of }, trusted) {
  for (let r = 1; r <= of; r += 1) {
    const panel = document.getElementById(`${figure}-component-${r}`);
    const [colour, word] = trusted.has(r) ? ["green", "stable"] : ["grey", "not stable"];
    for (const at of panel?.querySelectorAll("[style]") ?? []) {
      const style = at.getAttribute("style").replace(/--(green|orange|grey)\b/g, `--${colour}`);
      at.setAttribute("style", style);
    }
    for (const at of panel?.querySelectorAll("text") ?? []) {
      if (/^\d+: /.test(at.textContent)) at.textContent = `${r}: ${word}`;
    }
  }
}

// Picker: two solutions, their components matched.

function picker(box, data) {
  const [left, right] = box.querySelectorAll("select");
  for (const select of [left, right]) {
    select.append(...data.solutions.map(({ label }, i) => make("option", { value: i }, label)));
    select.addEventListener("change", show);
  }
  right.value = 1;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);

  function show() {
    const [a, b] = [Number(left.value), Number(right.value)];
    const { distance, order, congruence } = data.pairs[a][b];
    box.dataset.distance = distance;
    box.querySelector("output").textContent = a === b
      ? "The same solution twice: distance 0"
      : `Distance ${number(distance, 3)}`;
    const [one, two] = [data.solutions[a], data.solutions[b]];
    const draw = data.image ? imagePair : tablePair;
    const pairs = order.map((s, r) => make("div", { className: "pair" },
      make("p", {}, `component ${r + 1}, ${meaning(congruence[r])} (${congruence[r].toFixed(3)})`),
      draw(data, { h: one.H[r], w: one.W?.[r] }, { h: two.H[s], w: two.W?.[s] }, r)));
    box.querySelector(".pairs").replaceChildren(...pairs);
  }
  show();
}

/** The usual reading of a congruence (Lorenzo-Seva & ten Berge 2006). */
function meaning(congruence) {
  return congruence >= 0.95 ? "equal" : congruence >= 0.85 ? "similar" : "different";
}

function imagePair({ image: [height, width] }, one, two, r) {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--pixel");
  const rgb = colour.trim().split(" ").map(Number);
  return make("div", { className: "faces" }, ...[one, two].map(({ h }, i) => {
    const ariaLabel = `Component ${r + 1} of the solution on the ${["left", "right"][i]}`;
    const canvas = make("canvas", { width, height, role: "img", ariaLabel });
    const pixels = new ImageData(width, height);
    h.forEach((value, at) => pixels.data.set([...rgb, Math.round(0.255 * value)], 4 * at));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas;
  }));
}

/** A table of the pair's leading features, and of the samples where they are given. */
function tablePair(data, one, two) {
  const weight = (i) => Math.max(one.h[i], two.h[i]);
  let features = data.features.map((_, i) => i);
  if (features.length > data.most_features) {
    features = features.sort((a, b) => weight(b) - weight(a)).slice(0, data.most_features);
  }
  const part = (title, names, rows, x, y, scale) => make("tbody", {},
    make("tr", {}, ...[title, "left", "right"].map((t) => make("th", { scope: "col" }, t))),
    ...rows.map((i) => make("tr", {}, make("th", { scope: "row" }, names[i]),
      heat(x[i], scale, title), heat(y[i], scale, title))));
  const table = make("table", {}, part("H", data.features, features, one.h, two.h, 1));
  if (one.w) {
    const all = data.samples.map((_, i) => i);
    table.append(part("W", data.samples, all, one.w, two.w, data.scale_W));
  }
  return table;
}

function heat(value, scale, factor) {
  const text = number(scale * value / 1000, 2);
  const cell = make("td", { className: `n heat of-${factor}` }, text);
  cell.style.setProperty("--value", Math.min(1, value / 1000));
  return cell;
}

// All of it.

foldContents();
watchOverflow();
document.querySelectorAll("table").forEach(sortable);
for (const box of document.querySelectorAll(".widget")) {
  const data = JSON.parse(box.querySelector("script").textContent);
  Object.assign(box.querySelector(".note"), { textContent: data.note, hidden: !data.note });
  box.hidden = false;
  ({ slider, picker, gate })[box.classList[1]](box, data);
}
addEventListener("hashchange", reveal);
unfoldAll(document.querySelector("nav"));
if (location.hash) reveal();
