"""How long an hour of recording takes in a browser on one core: ``python benchmarks/browser.py`` (Chromium needed).

The network that the page *Try it* runs on a reader's phone, printed as JavaScript, in headless Chromium whose
processes are all held on one core: an hour of nine channels at 50 Hz, sample by sample as the page feeds them, an
answer every hop. The samples are noise, for the content does not change the work. Each round is a page of its own, and
the least of the rounds counts, by the page's clock and by the processor time of all of the browser's processes: other
work on the machine adds to the first and little to the second.
"""

import os
import shutil

import psutil
from playwright.sync_api import Page, sync_playwright
from record import Row, record

from luciole.book import try_it
from luciole.devices.js import emit
from luciole.errors import LucioleError

SECONDS = 3600
ROUNDS = 5
TARGET = 3.0  # seconds
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
HOUR = """(samples) => {
  const net = luciole_phone, width = net.channels, held = new Float32Array(4096 * width);
  let drawn = 1;
  for (let i = 0; i < held.length; i++) {
    drawn = (Math.imul(drawn, 1664525) + 1013904223) >>> 0;
    held[i] = drawn / 2147483648 - 1;
  }
  net.reset();
  let answers = 0;
  const before = performance.now();
  for (let t = 0; t < samples; t++) {
    const at = (t % 4096) * width;
    answers += net.step(held.subarray(at, at + width)) >= 0;
  }
  return [(performance.now() - before) / 1000, answers];
}"""


def hour(page: Page, samples: int) -> tuple[float, float, int]:
    """Seconds of an hour by the page's clock, processor seconds of the browser, and how many answers there were."""
    before = busy()
    clock, answers = page.evaluate(HOUR, samples)
    return clock, busy() - before, answers


def busy() -> float:
    """Processor seconds so far of all processes that this one has started."""
    times = [one.cpu_times() for one in psutil.Process().children(recursive=True)]
    return sum(one.user + one.system for one in times)


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not chromium:
        raise LucioleError("expected a browser, found no Chromium; Debian: apt-get install chromium")
    shown = try_it.phone()
    samples = int(SECONDS * shown.hz)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the browser's processes inherit it
    rounds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        version = browser.version
        for _ in range(ROUNDS):
            page = browser.new_page()
            page.add_script_tag(content=emit(shown.plan, shown.name))
            rounds.append(hour(page, samples))
            page.close()
        browser.close()
    clock, busy, answers = (min(each) for each in zip(*rounds, strict=True))
    assert answers == (samples - shown.plan.length) // shown.plan.hop + 1, "windows were left out"
    what = (
        f"an hour of {shown.plan.channels} channels at {shown.hz:g} Hz in Chromium {version} on one core, "
        f"{answers:,} windows of {shown.plan.macs:,} multiply-accumulates, the least of {ROUNDS} rounds"
    )
    record(
        [
            Row(f"browser.{name}", f"{how} of {what}", value, "s", f"under {TARGET:g} s", value < TARGET)
            for name, how, value in (("clock", "seconds", clock), ("processor", "processor seconds", busy))
        ]
    )


if __name__ == "__main__":
    main()
