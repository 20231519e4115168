"""An hour of recording answered by the page *Try it* in a browser, on one core.

    python benchmarks/replay.py

The network found for UCI HAR, printed as JavaScript as the book has it, is stepped through an hour of drawn samples
(nine channels, 50 Hz) in headless Chromium, which may use one processor alone; the best of some rounds.
"""

import os
import shutil
import sys

from playwright.sync_api import sync_playwright
from record import Row, record

from luciole.book import try_it

ROUNDS, SECONDS, HZ, WITHIN = 5, 3600, 50, 3.0
HOUR = """([name, count, rounds]) => {
  const net = eval(name), length = 4096, signal = [];
  let state = 1;
  for (let t = 0; t < length; t++) {
    const sample = new Float32Array(9);
    for (let c = 0; c < 9; c++) { state = (1664525 * state + 1013904223) >>> 0; sample[c] = state / 2 ** 31 - 1; }
    signal.push(sample);
  }
  let best = Infinity, windows = 0;
  for (let round = 0; round < rounds; round++) {
    net.reset();
    windows = 0;
    const began = performance.now();
    for (let t = 0; t < count; t++) windows += net.step(signal[t % length]) >= 0;
    best = Math.min(best, performance.now() - began);
  }
  return [best / 1000, windows];
}"""


def main() -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("expected Chromium, got none; apt-get install chromium")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # what it starts inherits it
    shown = try_it.phone()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        page.add_script_tag(content=try_it.script([shown], []))
        seconds, windows = page.evaluate(HOUR, [shown.name, SECONDS * HZ, ROUNDS])
        version = chromium.version
        chromium.close()
    what = (
        f"an hour at {HZ} Hz, {windows:,} windows of {shown.plan.macs:,} multiply-accumulates, in Chromium {version}, "
        f"one core, the best of {ROUNDS} by the clock"
    )
    record([Row("replay.hour", what, seconds, "s", f"under {WITHIN:g} s", seconds < WITHIN)])


if __name__ == "__main__":
    main()
