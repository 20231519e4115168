/* The cells of NAS-Bench-201 and what follows from their columns: neighbours, classes, ranks, Pareto fronts.
 *
 * LUCIOLE_CELLS(held) reads what explorer_data.js defines (luciole/explorer.py says how it is coded) and gives the
 * functions that explorer.js shows. Nothing here touches the page.
 */
window.LUCIOLE_CELLS = async (held) => {
  "use strict";
  const OPS = 5;
  const EDGES = held.edges; // [target, source] of each gene
  const POWERS = EDGES.map((_, edge) => OPS ** (EDGES.length - 1 - edge));
  const MISSING = 65535;

  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const bytes = await inflate(held.data);
  let position = 0;
  function take(count, Kind) { // undo the planes: all lowest bytes come first, then the next ones
    const numbers = new Kind(count);
    for (let shift = 0; shift < 8 * Kind.BYTES_PER_ELEMENT; shift += 8) {
      for (let i = 0; i < count; i++) numbers[i] |= bytes[position++] << shift;
    }
    return numbers;
  }
  function unpack({ levels, rows, decimals }) {
    const level = new Float32Array(take(levels, Uint32Array).buffer), numbers = take(rows, Uint16Array), scale = 10 ** decimals;
    return Float64Array.from(numbers, (n) => n === MISSING ? NaN : levels ? level[n] : n / scale);
  }
  const columns = held.columns.map((column) => ({ ...column, values: unpack(column) }));
  const code = columns[0].values, family = columns[1].values, SIZE = code.length;
  for (const column of columns) { // one value a class: spread it over the cells
    if (column.rows !== SIZE) column.values = Float64Array.from(family, (name) => column.values[name]);
  }
  const byCode = new Int32Array(SIZE);
  code.forEach((number, cell) => { byCode[number] = cell; });
  const families = [];
  family.forEach((name, cell) => (families[name] ??= []).push(cell));

  const operations = (cell) => POWERS.map((power) => Math.floor(code[cell] / power) % OPS);
  const changed = (cell, edge, op) => byCode[code[cell] + (op - operations(cell)[edge]) * POWERS[edge]];
  function written(cell) { // the benchmark's own string
    const nodes = {};
    operations(cell).forEach((op, edge) => {
      const [target, source] = EDGES[edge];
      nodes[target] = (nodes[target] || "|") + `${held.operations[op]}~${source}|`;
    });
    return Object.values(nodes).join("+");
  }
  const live = (cell) => { // edges on a path from input to output
    const ops = operations(cell), fed = [true], used = [false, false, false, true];
    for (const target of [1, 2, 3]) fed[target] = EDGES.some(([to, from], edge) => to === target && ops[edge] && fed[from]);
    for (const source of [2, 1, 0]) used[source] = EDGES.some(([to, from], edge) => from === source && ops[edge] && used[to]);
    return ops.map((op, edge) => op > 0 && fed[EDGES[edge][1]] && used[EDGES[edge][0]]);
  };

  function ordered(column) { // row numbers from the greatest value to the least, without missing ones
    column.order ??= Int32Array.from(column.values.keys()).filter((cell) => !Number.isNaN(column.values[cell]))
      .sort((a, b) => column.values[b] - column.values[a] || a - b);
    return column.order;
  }
  function rank(column, cell) { // 1 + how many have strictly more
    const order = ordered(column), value = column.values[cell];
    let low = 0, high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (column.values[order[middle]] > value) low = middle + 1; else high = middle;
    }
    return low + 1;
  }
  function paretoFront(accuracy, cost) { // cells that none beats in both, from the cheapest; equal ones all
    const known = ordered(accuracy).filter((cell) => !Number.isNaN(cost.values[cell]))
      .sort((a, b) => cost.values[a] - cost.values[b] || accuracy.values[b] - accuracy.values[a]);
    const front = [];
    for (const cell of known) {
      const last = front.at(-1);
      const better = last === undefined || accuracy.values[cell] > accuracy.values[last];
      const same = last !== undefined && accuracy.values[cell] === accuracy.values[last] && cost.values[cell] === cost.values[last];
      if (better || same) front.push(cell);
    }
    return front;
  }

  return {
    SIZE, EDGES, ordered, rank, paretoFront, operations, changed, written, live,
    inGroup: (...groups) => columns.filter((column) => groups.includes(column.group)),
    isomorphic: (cell) => families[family[cell]].filter((other) => other !== cell),
    find: (text) => Array.from(code.keys()).find((cell) => written(cell) === text),
  };
};
