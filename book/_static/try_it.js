/* The page Try it: feed a recording, a file or the phone's own sensors to a printed network, and show its answers.
 *
 * Fills the markup of book/try_it.md from LUCIOLE_TRY and the networks' objects (try_it_data.js). No library, no request.
 * Order of this file: a feed and its answers, the strip, recordings, files, the phone.
 */
(() => {
  "use strict";
  const page = (id) => document.getElementById(`ti-${id}`);
  const fail = (words) => { page("problem").textContent = words; page("problem").hidden = false; };
  const held = globalThis.LUCIOLE_TRY;
  if (!held) return fail("The file try_it_data.js is not beside this page: build the book with `make book`.");
  const networkOf = (columns) => Object.keys(held.networks).find((name) => globalThis[name].channels === columns);
  const GRAVITY = 9.80665, SHOWN = 256; // m/s² of one g; samples on the strip
  const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b6775", "#b0307f", "#a86400"];

  // ---- a feed: samples into a network, answers out --------------------------------------------------------------

  let feed = null; // what runs now
  function start(name, truth) {
    stop();
    const network = globalThis[name];
    network.reset();
    feed = { name, network, truth, hz: held.networks[name].hz, recent: [], answers: [], spent: 0, timer: 0, stop: () => {} };
    page("word").textContent = "";
    return feed;
  }
  function stop() {
    if (!feed) return;
    clearTimeout(feed.timer);
    feed.stop();
    feed = null;
    page("replay").textContent = "Replay";
  }
  function push(sample) {
    const before = performance.now(), found = feed.network.step(sample), after = performance.now();
    feed.recent.push(sample);
    if (feed.recent.length > SHOWN) feed.recent.shift();
    if (found < 0) return;
    feed.answers.push(found);
    feed.spent += after - before;
    feed.sure = feed.network.confidence();
  }
  function tell() {
    draw();
    if (!feed.answers.length) return;
    const { network, answers, truth } = feed, label = network.labels[answers.at(-1)];
    if (page("activity").textContent !== label) page("activity").textContent = label; // read out when it changes
    page("percent").textContent = `${Math.round(100 * feed.sure)} %`;
    page("sure").value = feed.sure;
    const right = answers.filter((one) => network.labels[one] === truth).length;
    const micro = Math.round(1000 * feed.spent / answers.length).toLocaleString("en-US");
    page("figures").textContent = `${answers.length} windows, ${micro} µs each` +
      (truth ? `; ${right} right: the recording is of “${truth}”` : "");
  }

  // ---- the strip ----------------------------------------------------------------------------------------------

  function draw() {
    const canvas = page("strip"), scale = devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight;
    canvas.width = wide * scale;
    canvas.height = high * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const count = feed.network.channels, least = Array(count).fill(Infinity), most = Array(count).fill(-Infinity);
    for (const sample of feed.recent)
      for (let c = 0; c < count; c++) { least[c] = Math.min(least[c], sample[c]); most[c] = Math.max(most[c], sample[c]); }
    for (let c = 0; c < count; c++) {
      const lane = high / count, span = Math.max(most[c] - least[c], 1e-3);
      pen.strokeStyle = COLOURS[c % COLOURS.length];
      pen.beginPath();
      feed.recent.forEach((sample, t) =>
        pen.lineTo(wide * t / (SHOWN - 1), lane * (c + 0.9 - 0.8 * (sample[c] - least[c]) / span)));
      pen.stroke();
    }
  }

  // ---- recordings ---------------------------------------------------------------------------------------------

  function floats(text) {
    return new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
  }
  function replay(name, samples, truth) { // samples: one after another
    start(name, truth);
    const { channels } = feed.network, all = samples.length / channels, speed = Number(page("speed").value);
    page("replay").textContent = "Stop";
    let at = 0;
    const began = performance.now();
    (function onwards() {
      const until = speed ? Math.min(all, (performance.now() - began) / 1000 * speed * feed.hz) : all;
      for (; at < until; at++) push(samples.slice(at * channels, (at + 1) * channels));
      tell();
      if (at < all) feed.timer = setTimeout(onwards, 40);
      else { page("replay").textContent = "Replay"; page("word").textContent = "The recording is over."; }
    })();
  }
  held.recordings.forEach((one, place) => page("source").add(new Option(one.title, place)));
  page("replay").addEventListener("click", () => {
    if (page("replay").textContent === "Stop") return stop();
    const one = held.recordings[page("source").value];
    replay(one.network, floats(one.samples), one.label);
  });
  if (!held.recordings.length) {
    page("replay").disabled = page("source").disabled = true;
    page("word").textContent = "No recordings were at hand when this book was built.";
  }

  // ---- files --------------------------------------------------------------------------------------------------

  function table(text) { // rows of numbers, a row of names left out; null where some row has no number or another width
    const lines = text.split(/\r?\n/).filter((line) => line.trim());
    const rows = lines.map((line) => line.trim().split(/[,;\t ]+/).map(Number));
    if (rows.length && rows[0].some(Number.isNaN)) rows.shift();
    const bad = rows.findIndex((row) => row.length !== rows[0].length || !row.every(Number.isFinite));
    return { rows, bad: bad < 0 ? null : bad + 1 + (lines.length - rows.length) };
  }
  async function read(file) {
    const { rows, bad } = table(await file.text());
    const widths = Object.values(held.networks).map(({ columns }) => columns.length).join(" or ");
    if (bad) return fail(`Row ${bad} of ${file.name} does not hold the numbers that its first one does.`);
    const name = rows.length ? networkOf(rows[0].length) : null;
    if (!name) return fail(`Expected ${widths} columns of numbers, ${file.name} has ${rows.length ? rows[0].length : 0}.`);
    page("problem").hidden = true;
    replay(name, Float32Array.from(rows.flat()), null);
    return null;
  }
  page("file").addEventListener("change", () => page("file").files[0] && read(page("file").files[0]));
  page("drop").addEventListener("dragover", (event) => event.preventDefault());
  page("drop").addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
  });

  // ---- the phone ----------------------------------------------------------------------------------------------

  const apple = /iP(hone|ad|od)/.test(navigator.userAgent); // its acceleration points the other way
  function sampleOf({ accelerationIncludingGravity: whole, acceleration: body, rotationRate: turn }) {
    const unit = (apple ? -1 : 1) / GRAVITY, radians = Math.PI / 180;
    const of = (one, by, names) => names.map((name) => (one?.[name] ?? 0) * by);
    return [...of(whole, unit, ["x", "y", "z"]), ...of(body, unit, ["x", "y", "z"]), ...of(turn, radians, ["beta", "gamma", "alpha"])];
  }
  async function listen() {
    const name = networkOf(9);
    if (!name) return fail("The network for phones was not at hand when this book was built.");
    if (!globalThis.DeviceMotionEvent) return fail("This browser has no motion sensors for pages; try a phone, or a recording.");
    if (!isSecureContext && location.protocol !== "file:") return fail("Browsers hand out motion sensors over https alone.");
    if (DeviceMotionEvent.requestPermission && (await DeviceMotionEvent.requestPermission()) !== "granted")
      return fail("The sensors were not allowed; reload the page to be asked again.");
    start(name, null);
    const step = 1000 / feed.hz;
    let last = null, next = 0, told = 0;
    const heard = (event) => {
      if (event.accelerationIncludingGravity?.x == null) return;
      const now = { at: event.timeStamp, values: sampleOf(event) };
      if (!last || now.at - last.at > 500) { feed.network.reset(); last = now; next = now.at + step; return; } // a gap
      for (; next <= now.at; next += step) { // onto the network's own clock
        const share = (next - last.at) / (now.at - last.at);
        push(now.values.map((value, c) => last.values[c] + share * (value - last.values[c])));
      }
      last = now;
      if (now.at - told > 80) { told = now.at; tell(); }
    };
    addEventListener("devicemotion", heard);
    feed.stop = () => removeEventListener("devicemotion", heard);
    const mine = feed;
    page("word").textContent = "Listening to this phone.";
    setTimeout(() => {
      if (feed === mine && !last) { stop(); fail("This device tells no motion; try a phone, or a recording."); }
    }, 3000);
    return null;
  }
  page("phone").addEventListener("click", () => { page("problem").hidden = true; listen(); });

  globalThis.LUCIOLE_TRY.feed = () => feed; // for tests: what runs, with its answers
  document.getElementById("try-it").setAttribute("aria-busy", "false");
})();
