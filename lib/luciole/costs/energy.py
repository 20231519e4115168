"""What a block of code cost in seconds, joules and grams of CO2e, and how each joule came to be known.

    with Meter(country="FRA") as meter:
        train()
    print(meter.joules, meter.mode)

The readings come from CodeCarbon's offline tracker, whose traps are dealt with here: its own log lines, its
CSV file, its lock, settings picked up from the environment, blocks shorter than its sampling, and its habit
of swallowing errors. Two kinds of joule exist, and a sum that holds one of the second kind is an estimate:

* *measured*: counters of the processor (RAPL on Linux, which covers the package and, where the machine has
  that domain, the memory) and of the GPU (NVML). Memory without a counter is left out.
* *estimate from a power model*: where no counter can be read, a processor is charged between 10 and 100 %
  of an assumed thermal design power, as the cube of the machine's load, and memory a constant. Such a
  figure follows the clock more than the work, and is good for orders of magnitude only.

Both cover the whole machine, whoever keeps it busy.
"""

import logging
import os
import platform
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from luciole import results
from luciole.errors import LucioleError, extra

JOULES_PER_KWH = 3.6e6
DEFAULT_COUNTRY = "FRA"  # whose electricity is assumed where nobody names a country; pages say so
POWERCAP = Path("/sys/class/powercap")
_COUNTERS = {  # what CodeCarbon calls a part whose energy is read from a counter -> what we call it
    "CPU(Intel Rapl)": "RAPL",
    "CPU(Windows Emi)": "the Windows energy meter",
    "CPU(Intel Power Gadget)": "Intel Power Gadget",
    "AppleSiliconChip": "powermetrics",
    "Raspberry": "the board's power chip",
}


def rapl_obstacle(folder: Path = POWERCAP) -> str | None:
    """Why the processor's energy counters (RAPL) cannot be read here, or None when they can.

    >>> rapl_obstacle(Path("/nowhere"))
    '/nowhere does not exist: no RAPL counters, as in most virtual machines'
    """
    if platform.system() != "Linux":
        return f"RAPL is read on Linux only, this is {platform.system()}"
    if not folder.is_dir():
        return f"{folder} does not exist: no RAPL counters, as in most virtual machines"
    counters = sorted(folder.glob("*/energy_uj"))
    if not counters:
        return f"no energy counter under {folder}: this processor or virtual machine offers no RAPL"
    for counter in counters:
        try:
            int(counter.read_text())
        except PermissionError:
            return f"no permission to read {counter}; to allow it: sudo chmod a+r {folder}/*/energy_uj"
        except (OSError, ValueError) as error:
            return f"{counter} cannot be read ({error})"
    return None


def carbon_intensity(country: str | None) -> float:
    """Mean carbon intensity of a country's electricity, in grams of CO2e a kilowatt-hour.

    ``country`` is a three-letter ISO 3166 code. The figures are the yearly means that CodeCarbon carries.
    Raises LucioleError for a missing or unknown country, where CodeCarbon would silently use another value.

    >>> carbon_intensity("FRA") < carbon_intensity("POL")
    True
    """
    with extra("energy"):
        from codecarbon.input import DataSource

    if not country:
        raise LucioleError(
            "expected a country (three letters, for instance FRA), got none; name the one whose electricity "
            "the machine uses, or set LUCIOLE_COUNTRY: the carbon depends on it by a factor of 30"
        )
    mix = DataSource().get_global_energy_mix_data()
    if country not in mix:
        raise LucioleError(f"expected a three-letter country code such as FRA, got {country!r}")
    intensity = mix[country].get("carbon_intensity")
    if intensity is None:
        raise LucioleError(f"no carbon intensity is known for {country}; choose a neighbour with a like mix")
    return float(intensity)


class Meter:
    """Seconds, joules and grams of CO2e of the block it surrounds; meters may nest.

    ``country`` is a three-letter ISO code; without it the environment variable ``LUCIOLE_COUNTRY`` is read,
    and without that LucioleError is raised. After the block:

    * ``seconds``: wall-clock seconds of the block; starting and stopping the meter is left out.
    * ``joules``: energy of the whole machine; ``parts`` holds it by part (``cpu``, ``gpu``, ``ram``).
    * ``measured``: True when every joule was read from a counter, False for an estimate.
    * ``mode``: how the joules came to be known, a sentence for the page.
    * ``grams``: CO2e at the country's mean carbon intensity.
    * ``idle_watts``: what the same accounting would charge the machine at rest. Known for the power model;
      NaN with counters, where :func:`idle_watts` measures it.

    Before the end of the block, and where CodeCarbon failed (``mode`` then says so), the figures are NaN,
    never 0.

    >>> with Meter(country="FRA") as meter:
    ...     _ = sum(range(1_000_000))
    >>> meter.joules > 0 and meter.grams > 0
    True
    """

    def __init__(self, country: str | None = None) -> None:
        self.country = country or os.environ.get("LUCIOLE_COUNTRY")
        self.intensity = carbon_intensity(self.country)  # g CO2e / kWh
        self.seconds = self.joules = self.grams = self.idle_watts = float("nan")
        self.parts: dict[str, float] = {}
        self.measured = False
        self.mode = "not measured: the block has not ended"
        self._tracker: Any = None

    def __enter__(self) -> Self:
        if self._tracker is not None:
            raise LucioleError("this meter is already running; make a new Meter for the inner block")
        self._tracker = offline_tracker(self.country)
        self._first = read(self._tracker)
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._began
        tracker, self._tracker = self._tracker, None
        try:
            self.parts = charge(tracker, self._first, self.seconds)
        except (OSError, psutil.Error) as failure:  # the user's work must not be lost for a reading
            self.mode = f"not measured: {failure}"
            return
        self._settle(tracker)

    def _settle(self, tracker: Any) -> None:
        """Decide what is summed, and say how it came to be known."""
        gpus = tracker.get_detected_hardware()["gpu_count"]
        counter, power = None, 0.0
        for part in tracker._hardware:
            description = part.description()
            counter = counter or next((n for c, n in _COUNTERS.items() if description.startswith(c)), None)
            if description.startswith("CPU(") and description not in _COUNTERS:
                power = part._tdp
        gpu = f"; GPU ({gpus}) by NVML" if gpus else ""
        if counter:
            self.measured = True
            self.parts.pop("ram")  # a constant of CodeCarbon's, or already in RAPL's memory domain
            self.mode = f"measured by {counter}{gpu}; memory only where the counter covers it"
        else:
            ram = tracker._ram_power.W
            self.idle_watts = 0.1 * power + ram
            why = rapl_obstacle() or "CodeCarbon did not use it"
            self.mode = (
                f"estimate from a power model: processor {0.1 * power:.1f} to {power:.0f} W by machine load, "
                f"memory a constant {ram:.0f} W{gpu} (no counter: {why})"
            )
            if gpus:
                self.idle_watts = float("nan")  # the resting power of the GPU is not part of the model
        self.joules = sum(self.parts.values())
        self.grams = self.joules / JOULES_PER_KWH * self.intensity
        if not self.joules > 0:
            self.joules, self.grams, self.measured = float("nan"), float("nan"), False
            self.mode = f"not measured: {self.seconds:.4f} s is too short for the counter"

    def account(self) -> dict[str, Any]:
        """The readings as a dictionary that JSON can hold, to stand beside a result."""
        names = ("seconds", "joules", "grams", "country", "idle_watts", "measured", "mode")
        return {name: getattr(self, name) for name in names}


def idle_watts(country: str | None = None, seconds: float = 5.0) -> float:
    """Power that the machine draws while this program sleeps, in watts: run it on a machine at rest.

    >>> idle_watts("FRA", seconds=0.1) > 0
    True
    """
    with Meter(country) as meter:
        time.sleep(seconds)
    return meter.joules / meter.seconds


def read(tracker: Any) -> tuple[float, dict[str, float]]:
    """Read the hardware now: the clock, and the joules of each part since the tracker started."""
    # Not start_task and stop_task: a task stops the periodic readings, and a counter that goes round twice within a
    # block (262 kJ, an hour or so of one processor) then reads as if it had not.
    tracker._measure_power_and_energy()  # public methods read nothing from a block shorter than 50 ms
    names = ("cpu", "gpu", "ram")
    joules = {name: getattr(tracker, f"_total_{name}_energy").kWh * JOULES_PER_KWH for name in names}
    return tracker._last_measured_time, joules


def charge(tracker: Any, first: tuple[float, dict[str, float]], seconds: float) -> dict[str, float]:
    """Joules of each part for a block of ``seconds`` since the reading ``first``; the tracker is stopped.

    What was read covers some milliseconds more than the block: its mean power is charged for the block's seconds.
    """
    now = time.perf_counter()
    try:
        _, last = read(tracker)
    finally:
        tracker.stop()
    return {part: (last[part] - first[1][part]) * seconds / (now - first[0]) for part in last}


def _name_processor() -> None:
    """Give CodeCarbon the processor's name, once a process, where Linux tells it in a file.

    Its own way, py-cpuinfo, starts a second Python and half a dozen programs: half a second of processor time.
    Where only the family is known (not Linux, some ARM boards) CodeCarbon is left to it.
    """
    with extra("energy"):
        import cpuinfo as py_cpuinfo  # type: ignore[import-untyped]  # a dependency of CodeCarbon
        from codecarbon.core import util

    if util.detect_cpu_model.cache_info().currsize:
        return
    name = results.machine()["processor"]
    if name in (platform.processor(), platform.machine()):
        return
    asked = py_cpuinfo.get_cpu_info
    py_cpuinfo.get_cpu_info = lambda: {"brand_raw": name}
    try:
        util.detect_cpu_model()  # it keeps the answer for all trackers of the process
    finally:
        py_cpuinfo.get_cpu_info = asked


def offline_tracker(country: str | None, **settings: Any) -> Any:
    """CodeCarbon's offline tracker, started, with all that the environment could change said aloud.

    ``settings`` override those below. Raises LucioleError when CodeCarbon refuses one, which it does in silence.
    """
    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # it logs before it reads log_level
    with extra("energy"):
        from codecarbon import OfflineEmissionsTracker

    _name_processor()
    chosen: dict[str, Any] = {
        "country_iso_code": country,
        "region": None,
        "cloud_provider": None,
        "cloud_region": None,
        "electricitymaps_api_token": None,
        "force_carbon_intensity_g_co2e_kwh": None,
        "tracking_mode": "machine",
        "measure_power_secs": 10.0,  # load is sampled every second whatever this is, counters at the end too
        "force_cpu_power": None,
        "force_ram_power": None,
        "force_mode_cpu_load": False,
        "rapl_include_dram": True,
        "rapl_prefer_psys": False,
        "pue": 1.0,
        "output_methods": [],  # no emissions.csv
        "output_dir": tempfile.gettempdir(),
        "emissions_endpoint": None,
        "api_call_interval": -1,
        "allow_multiple_runs": True,  # no lock file, so that meters nest and run side by side
        "log_level": "critical",
    }
    tracker = OfflineEmissionsTracker(**chosen | settings)
    tracker.start()
    if getattr(tracker, "_start_time", None) is None:  # it swallows its errors: say it before the work
        given = f" with {settings}" if settings else ""
        raise LucioleError(f"CodeCarbon could not start{given}; run with CODECARBON_LOG_LEVEL=debug to see why")
    return tracker
