/* The explorer page: choose a cell of NAS-Bench-201, see everything known of it.
 *
 * Fills the markup of book/explorer.md from LUCIOLE_EXPLORER (explorer_data.js) through explorer_cells.js, and keeps
 * the view in the address: #index, and what is not as at first: #index&accuracy=…&cost=…&show=…. No library, no request.
 * Order of this file: the cell's drawing, words and tables, the cloud, events.
 */
(async () => {
  "use strict";
  const page = (id) => document.getElementById(`ex-${id}`);
  const root = document.getElementById("cell-explorer");
  const fail = (words) => { page("problem").textContent = words; page("problem").hidden = false; };
  const held = window.LUCIOLE_EXPLORER;
  if (!held) return fail("The data file explorer_data.js is not beside this page: build the book with `make book`.");
  if (!window.DecompressionStream) return fail("The explorer needs a browser of 2023 or later.");

  const OPS = ["none", "skip", "1×1 conv", "3×3 conv", "pool"];
  const WORDS = ["nothing", "a skip", "a 1×1 convolution", "a 3×3 convolution", "3×3 average pooling"];
  const MOST = 24; // isomorphic cells listed by name; a class has up to 275
  const space = await window.LUCIOLE_CELLS(held);
  const { SIZE, EDGES, inGroup, ordered, rank, operations, changed, written } = space;

  const state = { cell: 0, accuracy: null, cost: null, front: [] };
  const many = (number) => number.toLocaleString("en-US");
  function shown({ group, decimals, unit }, value, withUnit = true) {
    if (Number.isNaN(value)) return "–";
    if (group === "score") return Number.isFinite(value) ? String(Number(value.toPrecision(decimals))) : value < 0 ? "−∞" : "∞";
    const number = value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return withUnit && unit ? `${number} ${unit}` : number;
  }
  const key = (column) => `${column.dataset}_${column.column}`;
  const named = (column) => `${held.datasets[column.dataset]}, ${column.label}`;

  // ---- drawing of the cell -----------------------------------------------------------------------------------------

  const NODES = [[32, 132], [152, 218], [288, 132], [408, 218]];
  const OVER = [310, -82]; // 0 → 3 bends towards this point, over node 2; the other edges are straight
  function towards([x0, y0], [x1, y1], length) { // the point so far from the first towards the second
    const all = Math.hypot(x1 - x0, y1 - y0);
    return [x0 + (x1 - x0) * length / all, y0 + (y1 - y0) * length / all];
  }
  function draw(cell) {
    const ops = operations(cell), alive = space.live(cell);
    const edges = ops.map((op, edge) => {
      const [target, source] = EDGES[edge], from = NODES[source], to = NODES[target];
      const bend = target - source === 3 ? OVER : [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
      const start = towards(from, bend, 19), end = towards(to, bend, 28), tip = towards(to, bend, 18);
      const [x, y] = [0, 1].map((i) => start[i] / 4 + bend[i] / 2 + end[i] / 4), width = 7.6 * OPS[op].length + 12;
      const angle = Math.atan2(to[1] - bend[1], to[0] - bend[0]) * 180 / Math.PI;
      const head = op ? `<polygon points="-12,-6 0,0 -12,6" transform="translate(${tip}) rotate(${angle})"/>` : "";
      return `<g class="ex-op-${op}${alive[edge] ? "" : " ex-idle"}"><path class="ex-op-${op}" d="M${start} Q${bend} ${end}"/>${head}
        <rect x="${x - width / 2}" y="${y - 11}" width="${width}" height="22" rx="6"/><text x="${x}" y="${y}">${OPS[op]}</text></g>`;
    });
    const nodes = NODES.map(([x, y], node) => `<g class="ex-node"><circle cx="${x}" cy="${y}" r="17"/><text x="${x}" y="${y}">${node}</text></g>`);
    const words = [1, 2, 3].map((node) => {
      const terms = ops.flatMap((op, edge) => EDGES[edge][0] === node && op ? [`${WORDS[op]} of node ${EDGES[edge][1]}`] : []);
      return `Node ${node} is ${terms.join(" plus ") || "empty"}.`;
    });
    page("drawing").innerHTML = `<title id="ex-title">Cell ${cell}</title><desc id="ex-description">${words.join(" ")}</desc>
      ${edges.join("")}${nodes.join("")}`;
  }

  // ---- words and tables --------------------------------------------------------------------------------------------

  function verdict(cell) {
    const { accuracy, cost, front } = state, a = accuracy.values[cell], c = cost.values[cell];
    let place = "Without that cost it has no place on the front.";
    if (front.includes(cell)) place = "On the Pareto front.";
    else if (!Number.isNaN(c)) {
      const over = ordered(accuracy).filter((other) => accuracy.values[other] >= a && cost.values[other] <= c
        && (accuracy.values[other] > a || cost.values[other] < c)).length;
      place = `Not on the Pareto front: ${many(over)} ${over === 1 ? "cell is" : "cells are"} at least as good in both and better in one.`;
    }
    page("status").innerHTML = `<strong>Cell ${cell}: ${shown(accuracy, a)}</strong> ${named(accuracy)}; rank
      ${many(rank(accuracy, cell))} of ${many(ordered(accuracy).length)}. ${cost.label[0].toUpperCase()}${cost.label.slice(1)}: ${shown(cost, c)}. ${place}`;
    const kin = space.isomorphic(cell), listed = kin.slice(0, MOST).map((other) => `<button type="button" data-cell="${other}">${other}</button>`);
    const rest = kin.length > MOST ? ` and ${kin.length - MOST} more` : "";
    page("kin").innerHTML = `<code>${written(cell)}</code>${kin.length ? `Isomorphic to ${listed.join(" ")}${rest}.` : "No other cell is isomorphic to it."}`;
  }

  function table(caption, group, cell, withRank) { // a row a quantity, a column a data set
    const found = inGroup(...group), sets = Object.keys(held.datasets).filter((name) => found.some((column) => column.dataset === name));
    if (!found.length) return "";
    const rows = [...new Set(found.map((column) => column.label))].map((label) => {
      const cells = sets.map((name) => {
        const column = found.find((one) => one.label === label && one.dataset === name);
        if (!column) return "<td></td>";
        const ranked = withRank && !Number.isNaN(column.values[cell]) ? `<small>rank ${many(rank(column, cell))}</small>` : "";
        return `<td data-column="${name}_${column.column}">${shown(column, column.values[cell], false)}${ranked}</td>`;
      });
      const { unit } = found.find((column) => column.label === label);
      return `<tr><th scope="row">${label}${unit ? ` (${unit})` : ""}</th>${cells.join("")}</tr>`;
    });
    const head = sets.map((name) => `<th scope="col">${held.datasets[name]}</th>`).join("");
    return `<table><caption>${caption}</caption><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  }
  function tables(cell) {
    page("accuracies").innerHTML = table("Accuracy", ["accuracy"], cell, true);
    page("sizes").innerHTML = table("Size and training time", ["size", "training"], cell);
    page("devices").innerHTML = table("On devices", ["device"], cell);
    const scores = inGroup("score").map((column) => `<div><dt>${column.label}</dt><dd data-column="${column.dataset}_${column.column}">
      ${shown(column, column.values[cell])} <small>rank ${many(rank(column, cell))}</small></dd></div>`);
    page("scores").innerHTML = scores.length ? `<p><strong>Training-free scores</strong>, higher for cells expected to be better</p><dl>${scores.join("")}</dl>` : "";
  }

  function takeaway(cell) { // the row as a file, and the lines that read the same in Python
    const kept = inGroup("accuracy", "size", "training", "device", "score");
    const row = (values) => values.map((value) => (/[",]/.test(value) ? `"${value}"` : value)).join(",");
    const names = ["cell", "operations", ...kept.map(key)], values = [cell, written(cell), ...kept.map((column) => column.values[cell])];
    page("csv").href = `data:text/csv;charset=utf-8,${encodeURIComponent(`${row(names)}\n${row(values.map(String))}\n`)}`;
    page("csv").download = `cell-${cell}.csv`;
    page("code").textContent = `from luciole import tables\n\ntable = ${state.accuracy.column.includes("acc_ep") ? "tables.har201()" : "tables.nb201()"}\n`
      + `cell = ${cell}  # ${written(cell)}\nprint({name: table[name][cell] for name in table})`;
  }

  function neighbours(cell) {
    const { accuracy } = state, ops = operations(cell), here = accuracy.values[cell];
    let better = 0;
    const rows = EDGES.map(([to, from], edge) => `<tr><th scope="row">${from} → ${to}</th>${OPS.map((name, op) => {
      const other = changed(cell, edge, op), value = accuracy.values[other], gain = value - here;
      if (op === ops[edge]) return `<td><span class="ex-here" title="as it is">${here.toFixed(2)}<small>as it is</small></span></td>`;
      better += gain > 0;
      const sign = `${gain > 0 ? "+" : gain < 0 ? "−" : "±"}${Math.abs(gain).toFixed(2)}`;
      const tint = `rgba(var(--ex-${gain > 0 ? "better" : "worse"}), ${Math.min(0.4, 0.4 * Math.log1p(Math.abs(gain)) / Math.log(30)).toFixed(3)})`;
      return `<td><button type="button" data-cell="${other}" style="background:${tint}" aria-label="edge ${from} to ${to} as ${name}: ${value.toFixed(2)} %, ${sign}, cell ${other}">
        ${value.toFixed(2)}<small>${sign}</small></button></td>`;
    }).join("")}</tr>`);
    page("neighbours").innerHTML = `<table class="ex-grid"><caption>The 24 neighbours: ${named(accuracy)} (%) after changing one operation</caption>
      <thead><tr><td></td>${OPS.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>
      <p class="ex-hint">${better ? `${better} of 24 neighbours ${better === 1 ? "is" : "are"} better.` : "No neighbour is better: this cell is a local optimum."}</p>`;
  }

  // ---- the cloud -----------------------------------------------------------------------------------------------------

  const canvas = page("canvas"), brush = canvas.getContext("2d");
  const beneath = document.createElement("canvas"), ground = beneath.getContext("2d"); // all but the marks that move
  let places = { cells: [], x: [], y: [] }, pointed = null, frame = null, waiting = 0;
  function ticks(low, high, count) {
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }
  function spaced(place, top, bottom, span) { // round accuracies, the rounder ones first, where there is room for them
    const kept = [];
    for (const step of [50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1].filter((one) => one > span / 80)) {
      for (let i = 0; i * step <= 100; i++) {
        const value = Number((i * step).toFixed(1)), y = place(value);
        if (y >= top && y <= bottom && kept.every((other) => Math.abs(place(other) - y) > 26)) kept.push(value);
      }
    }
    return kept;
  }
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

  const ink = (name, otherwise) => getComputedStyle(root).getPropertyValue(name).trim() || otherwise;

  function cloud() { // the whole picture: when axes, filter, size or colours change
    const { accuracy, cost, front } = state, share = Number(page("zoom").value);
    const width = canvas.clientWidth, height = Math.round(Math.min(500, Math.max(280, width * 0.82)));
    const dots = window.devicePixelRatio || 1;
    const wide = Math.floor(width * dots), tall = Math.floor(height * dots);
    if (canvas.width !== wide || canvas.height !== tall) { // a canvas of another size is a new one, which takes a while
      canvas.style.height = `${height}px`;
      canvas.width = beneath.width = wide;
      canvas.height = beneath.height = tall;
    }
    const order = ordered(accuracy);
    const cells = order.subarray(0, Math.ceil(order.length * share)).filter((one) => !Number.isNaN(cost.values[one]));
    const costs = Float64Array.from(cells, (one) => cost.values[one]), heights = Float64Array.from(cells, (one) => accuracy.values[one]);
    const roomy = (low, high) => [low - (0.03 * (high - low) || 1), high + (0.03 * (high - low) || 1)];
    const error = (value) => -Math.log(100.5 - value); // spreads the good cells; never infinite
    const [highest, lowest] = [heights[0], heights.at(-1)]; // the cells are in order
    let least = Infinity, most = -Infinity;
    for (let i = 0; i < costs.length; i++) { least = Math.min(least, costs[i]); most = Math.max(most, costs[i]); }
    const [x0, x1] = roomy(least, most), [y0, y1] = roomy(error(lowest), error(highest)), left = 54, bottom = height - 40, right = width - 8, top = 8;
    const X = (value) => left + (value - x0) / (x1 - x0) * (right - left), Y = (value) => bottom - (error(value) - y0) / (y1 - y0) * (bottom - top);
    frame = { dots, left, right, bottom, X, Y };
    places = { cells, x: costs.map(X), y: heights.map(Y) };
    page("share").textContent = share < 1 ? `the best ${Math.round(100 * share)} %` : "all cells";

    points(dots, cells.length > 5000 ? 0.4 : 0.6);
    ground.setTransform(dots, 0, 0, dots, 0, 0);
    ground.globalCompositeOperation = "destination-over"; // the axes go behind the points
    ground.font = "12px system-ui, sans-serif";
    ground.fillStyle = ink("--pst-color-text-muted", "#48566b");
    ground.strokeStyle = ink("--pst-color-border", "#d1d5da");
    ground.lineWidth = 0.5;
    const line = (...corners) => { ground.beginPath(); corners.forEach(([x, y], i) => (i ? ground.lineTo(x, y) : ground.moveTo(x, y))); ground.stroke(); };
    ground.textAlign = "center";
    for (const value of ticks(x0, x1, width < 450 ? 4 : 7)) { line([X(value), top], [X(value), bottom]); ground.fillText(short.format(value), X(value), bottom + 15); }
    ground.textAlign = "right";
    for (const value of spaced(Y, top, bottom, highest - lowest)) { line([left, Y(value)], [right, Y(value)]); ground.fillText(String(value), left - 5, Y(value) + 4); }
    ground.fillText(`${cost.label}${cost.unit ? ` (${cost.unit})` : ""}, ${held.datasets[cost.dataset]}`, right, height - 6);
    ground.save();
    ground.translate(11, top);
    ground.rotate(-Math.PI / 2);
    ground.fillText("accuracy (%), logarithmic in the error", 0, 0);
    ground.restore();

    const seen = front.map((one) => [X(cost.values[one]), Y(accuracy.values[one])]);
    ground.globalCompositeOperation = "source-over";
    ground.save();
    ground.beginPath();
    ground.rect(left, 0, right - left, bottom);
    ground.clip();
    ground.strokeStyle = ground.fillStyle = ink("--ex-front", "#0072b2");
    ground.lineWidth = 2;
    line(...seen.flatMap(([x, y], i) => [...(i ? [[x, seen[i - 1][1]]] : []), [x, y]]), [right, seen.at(-1)[1]]);
    for (const [x, y] of seen) ground.fillRect(x - 3, y - 3, 6, 6);
    ground.restore();
    marks();
  }
  function points(dots, strength) { // as one picture: a rectangle drawn for each of thousands would outlast a frame
    ground.fillStyle = ink("--ex-point", "#5b6775");
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(ground.fillStyle.slice(at, at + 2), 16));
    const { width } = beneath, picture = ground.createImageData(width, beneath.height), pixels = picture.data;
    const side = Math.round(2.2 * dots), { x, y } = places;
    for (let i = 0; i < x.length; i++) {
      const left = Math.round(x[i] * dots - side / 2), top = Math.round(y[i] * dots - side / 2);
      for (let row = top; row < top + side; row++) {
        for (let at = 4 * (row * width + left), end = at + 4 * side; at < end; at += 4) {
          pixels[at] = red; pixels[at + 1] = green; pixels[at + 2] = blue;
          pixels[at + 3] += (255 - pixels[at + 3]) * strength; // points over each other are darker
        }
      }
    }
    ground.putImageData(picture, 0, 0);
  }
  function marks() { // the chosen cell, its neighbours and the words for what is pointed at
    const { accuracy, cost, cell } = state, { dots, left, right, bottom, X, Y } = frame;
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.clearRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(beneath, 0, 0);
    brush.setTransform(dots, 0, 0, dots, 0, 0);
    brush.save();
    brush.beginPath();
    brush.rect(left, 0, right - left, bottom);
    brush.clip();
    const ring = (one, radius) => { brush.beginPath(); brush.arc(X(cost.values[one]), Y(accuracy.values[one]), radius, 0, 7); };
    brush.lineWidth = 2;
    brush.strokeStyle = ink("--ex-near", "#b0307f");
    for (let edge = 0; edge < EDGES.length; edge++) for (let op = 0; op < OPS.length; op++) { ring(changed(cell, edge, op), 4); brush.stroke(); }
    brush.fillStyle = ink("--ex-chosen", "#d55e00");
    brush.strokeStyle = ink("--pst-color-background", "#fff");
    ring(cell, 7);
    brush.fill();
    brush.stroke();
    brush.restore();
    if (pointed !== null) {
      const words = `cell ${pointed}: ${shown(accuracy, accuracy.values[pointed])}, ${shown(cost, cost.values[pointed])}`;
      brush.font = "12px system-ui, sans-serif";
      brush.textAlign = "right";
      brush.fillStyle = ink("--pst-color-surface", "#f3f4f5");
      brush.fillRect(right - 12 - brush.measureText(words).width, bottom - 24, brush.measureText(words).width + 12, 20);
      brush.fillStyle = ink("--pst-color-text-base", "#222832");
      brush.fillText(words, right - 6, bottom - 10);
    }
  }
  function soon() { // once a frame, however often a slider reports
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(cloud);
  }
  function nearest(event, reach) { // the cell under the pointer; of several the most accurate
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let found = null, least = reach * reach;
    places.cells.forEach((cell, i) => {
      const square = (places.x[i] - x) ** 2 + (places.y[i] - y) ** 2;
      if (square < least) { least = square; found = cell; }
    });
    return found;
  }

  // ---- events --------------------------------------------------------------------------------------------------------

  function show(cell) {
    state.cell = cell;
    page("problem").hidden = true;
    if (location.hash !== written_view()) location.replace(written_view());
    operations(cell).forEach((op, edge) => {
      const select = root.querySelector(`[data-edge="${edge}"]`);
      select.value = op;
      select.className = `ex-op-${op}`;
    });
    page("which").placeholder = cell;
    const { accuracy, cost } = state;
    canvas.setAttribute("aria-label", `Cloud of ${many(SIZE)} cells, ${named(accuracy)} against ${cost.label}.
      Chosen: cell ${cell}, ${shown(accuracy, accuracy.values[cell])}, ${shown(cost, cost.values[cell])}.`);
    draw(cell);
    verdict(cell);
    tables(cell);
    neighbours(cell);
    takeaway(cell);
    cloud();
  }
  const FIRST = { accuracy: key(inGroup("accuracy")[0]), show: "1" }; // and the first cost that the data set has
  function written_view() { // the address of what is shown
    const now = { accuracy: page("accuracy").value, cost: page("cost").value, show: page("zoom").value };
    const first = { ...FIRST, cost: page("cost").options[0].value };
    return [`#${state.cell}`, ...Object.keys(now).filter((name) => now[name] !== first[name]).map((name) => `${name}=${now[name]}`)].join("&");
  }
  function axes() { // the costs of the data set whose accuracy is chosen
    state.accuracy = inGroup("accuracy").find((column) => key(column) === page("accuracy").value);
    const costs = inGroup("size", "training", "device").filter((column) => column.dataset === state.accuracy.dataset);
    const wanted = page("cost").value;
    page("cost").replaceChildren(...costs.map(({ label, unit, column }) => new Option(`${label}${unit ? ` (${unit})` : ""}`, column)));
    if (costs.some((column) => column.column === wanted)) page("cost").value = wanted;
    state.cost = costs.find((column) => column.column === page("cost").value);
    state.front = space.paretoFront(state.accuracy, state.cost);
    const absent = state.cost.values.filter(Number.isNaN).length;
    page("absent").textContent = absent ? `${many(absent)} cells have no value of this cost; they are not drawn.` : "";
    show(state.cell);
  }
  const best = () => ordered(state.accuracy)[0];
  const isIndex = (text) => /^\d+$/.test(text) && Number(text) < SIZE;
  function follow(address) { // an address without a number is a link to a section, not to a cell
    if (address === written_view()) return;
    const [asked, ...rest] = address.slice(1).split("&");
    if (isIndex(asked)) {
      const wanted = { ...FIRST, ...Object.fromEntries(rest.map((part) => part.split("="))) };
      state.cell = Number(asked);
      choose("accuracy", wanted.accuracy);
      choose("zoom", wanted.show);
      axes();
      if (wanted.cost && choose("cost", wanted.cost)) axes();
    } else if (/^\d+$/.test(asked)) fail(`Expected the index of a cell, 0 to ${SIZE - 1}, in the address; got ${asked}.`);
  }

  function choose(name, value) { // what the list or the slider does not have changes nothing
    const control = page(name), before = control.value;
    control.value = value;
    const there = control.value === value;
    if (!there) control.value = before;
    return there;
  }

  for (const select of root.querySelectorAll("[data-edge]")) {
    select.replaceChildren(...OPS.map((name, op) => new Option(name, op)));
    select.addEventListener("change", () => show(changed(state.cell, Number(select.dataset.edge), Number(select.value))));
  }
  page("accuracy").replaceChildren(...inGroup("accuracy").map((column) => new Option(named(column), key(column))));
  for (const name of ["accuracy", "cost"]) page(name).addEventListener("change", axes);
  page("zoom").addEventListener("input", soon);
  page("zoom").addEventListener("change", () => show(state.cell));
  page("best").addEventListener("click", () => show(best()));
  page("random").addEventListener("click", () => show(Math.floor(Math.random() * SIZE)));
  page("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = page("which").value.trim();
    const cell = isIndex(asked) ? Number(asked) : space.find(asked);
    if (cell === undefined) fail(`Expected an index, 0 to ${SIZE - 1}, or a cell such as ${written(0)}; got “${asked}”.`);
    else show(cell);
  });
  root.addEventListener("click", (event) => { // neighbours and isomorphic cells
    const button = event.target.closest("[data-cell]");
    if (!button) return;
    const list = button.closest("#ex-neighbours, #ex-kin"), at = [...list.querySelectorAll("button, .ex-here")].indexOf(button);
    show(Number(button.dataset.cell));
    const next = [...list.querySelectorAll("button, .ex-here")][at]; // what was pressed is drawn anew: keep the focus there
    (next?.matches("button") ? next : list.querySelector("button"))?.focus();
  });
  canvas.addEventListener("click", (event) => { const cell = nearest(event, 30); if (cell !== null) show(cell); });
  canvas.addEventListener("pointermove", (event) => { const cell = nearest(event, 12); if (cell !== pointed) { pointed = cell; marks(); } });
  canvas.addEventListener("pointerleave", () => { pointed = null; marks(); });
  canvas.addEventListener("keydown", (event) => {
    const order = ordered(state.accuracy), at = order.indexOf(state.cell), { front, cost, cell } = state;
    const walk = {
      ArrowUp: () => order[Math.max(0, at - 1)],
      ArrowDown: () => order[Math.min(order.length - 1, at + 1)],
      ArrowRight: () => front.includes(cell) ? front[front.indexOf(cell) + 1] : front.find((one) => cost.values[one] > cost.values[cell]),
      ArrowLeft: () => front.includes(cell) ? front[front.indexOf(cell) - 1] : front.findLast((one) => cost.values[one] <= cost.values[cell]),
      Home: best,
    }[event.key];
    if (!walk) return;
    event.preventDefault();
    show(walk() ?? cell);
  });
  window.addEventListener("hashchange", () => follow(location.hash));
  new ResizeObserver(cloud).observe(canvas.parentElement);
  new MutationObserver(cloud).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  page("sources").textContent = `Shown: ${held.sources.join("; ")}.`;
  state.accuracy = inGroup("accuracy")[0];
  const address = location.hash, asked = address.slice(1).split("&")[0];
  state.cell = isIndex(asked) ? Number(asked) : best();
  axes();
  follow(address);
  root.setAttribute("aria-busy", "false");
})();
