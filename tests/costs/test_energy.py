"""The meter: joules that are never silently zero, in a sentence that says how they came to be known."""

import json
import logging
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from luciole.costs import energy
from luciole.costs.energy import JOULES_PER_KWH, Meter, carbon_intensity, rapl_obstacle
from luciole.errors import LucioleError


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(1000))


@pytest.fixture
def no_counters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without RAPL or GPU, whatever this one is."""
    from codecarbon.core import cpu, gpu, hardware_cache

    hardware_cache.clear_cache()
    monkeypatch.setattr(cpu, "is_rapl_available", lambda: False)
    monkeypatch.setattr(gpu, "is_nvidia_system", lambda: False)
    monkeypatch.setattr(energy, "POWERCAP", Path("/nowhere"))
    monkeypatch.setattr(energy.rapl_obstacle, "__defaults__", (Path("/nowhere"),))
    yield
    hardware_cache.clear_cache()


def test_a_second_of_work_costs_what_the_power_model_says(no_counters: None) -> None:
    with Meter("FRA") as meter:
        busy(1.0)
    assert 1.0 <= meter.seconds < 3.0
    assert not meter.measured
    assert meter.mode.startswith("estimate from a power model") and "/nowhere does not exist" in meter.mode
    # The model in its own terms: between rest and full load, and never below rest.
    assert meter.idle_watts * meter.seconds <= meter.joules * 1.05
    assert meter.joules == pytest.approx(sum(meter.parts.values()))
    assert meter.grams == pytest.approx(meter.joules / JOULES_PER_KWH * carbon_intensity("FRA"))


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.02, 0.2])
def test_short_blocks_are_charged_at_least_the_power_at_rest(no_counters: None, seconds: float) -> None:
    with Meter("FRA") as meter:
        time.sleep(seconds)
    assert meter.joules >= 0.7 * meter.idle_watts * meter.seconds > 0


def test_nested_meters_read_the_same_machine(no_counters: None) -> None:
    with Meter("FRA") as outer:
        busy(0.3)
        with Meter("POL") as inner:
            busy(0.6)
    assert 0 < inner.seconds < outer.seconds
    assert 0 < inner.joules < outer.joules
    assert outer.parts["ram"] / outer.seconds == pytest.approx(inner.parts["ram"] / inner.seconds, rel=0.1)
    assert inner.grams / inner.joules > 5 * outer.grams / outer.joules  # coal against nuclear power


def test_the_block_s_error_passes_and_the_reading_stays(no_counters: None) -> None:
    meter = Meter("FRA")
    with pytest.raises(ZeroDivisionError), meter:
        _ = 1 / 0
    assert meter.joules > 0


def test_before_the_end_the_figures_are_not_numbers() -> None:
    meter = Meter("FRA")
    assert math.isnan(meter.joules) and math.isnan(meter.seconds) and "not measured" in meter.mode
    with meter:
        assert math.isnan(meter.joules)
        with pytest.raises(LucioleError, match="already running"):
            meter.__enter__()
    assert meter.joules > 0


def test_a_failed_reading_keeps_the_work_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with Meter("FRA") as meter:

        def refuse() -> None:
            raise PermissionError("counter withdrawn")

        monkeypatch.setattr(meter._tracker, "_measure_power_and_energy", refuse)
        work = 42
    assert work == 42
    assert math.isnan(meter.joules) and "counter withdrawn" in meter.mode and not meter.measured


@pytest.mark.parametrize("country", [None, "", "fra", "FR", "XXX"])
def test_a_missing_or_unknown_country_is_refused(country: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUCIOLE_COUNTRY", raising=False)
    with pytest.raises(LucioleError, match="expected a"):
        Meter(country)


def test_the_country_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUCIOLE_COUNTRY", "POL")
    assert Meter().country == "POL"
    assert Meter("FRA").country == "FRA"


def test_the_environment_cannot_change_the_accounting(no_counters: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECARBON_PUE", "3")
    monkeypatch.setenv("CODECARBON_FORCE_RAM_POWER", "1000")
    monkeypatch.setenv("CODECARBON_TRACKING_MODE", "process")
    with Meter("FRA") as meter:
        busy(0.2)
    assert meter.joules / meter.seconds < 1000
    assert "1000 W" not in meter.mode


SCRIPT = """
import os, json, time
from luciole.costs.energy import Meter
with Meter("FRA") as meter:
    time.sleep(0.2)
print(json.dumps(meter.account()))
"""


def test_a_subprocess_is_silent_and_leaves_no_file(tmp_path: Path) -> None:
    before = set(Path("/tmp").glob("*codecarbon*"))
    run = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=True)
    account = json.loads(run.stdout)
    assert account["joules"] > 0 and account["country"] == "FRA" and isinstance(account["mode"], str)
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert set(Path("/tmp").glob("*codecarbon*")) == before


def test_it_works_inside_a_jupyter_kernel(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SCRIPT)])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[0].outputs
    assert output.name == "stdout" and json.loads(output.text)["joules"] > 0
    assert list(tmp_path.iterdir()) == []


def powercap(folder: Path, joules: float, most: int = 262_143_328_850) -> Path:
    """A copy of the kernel's RAPL folder, whose counter the test sets; it goes round at ``most`` microjoules."""
    domain = folder / "intel-rapl" / "intel-rapl:0"
    domain.mkdir(parents=True, exist_ok=True)
    (domain / "name").write_text("package-0\n")
    (domain / "max_energy_range_uj").write_text(f"{most}\n")
    (domain / "energy_uj").write_text(f"{int(joules * 1e6)}\n")
    return domain / "energy_uj"


@pytest.fixture
def rapl_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose only counters are those of :func:`powercap` in the test's folder."""
    from codecarbon.core import cpu, gpu, hardware_cache
    from codecarbon.external import hardware

    hardware_cache.clear_cache()
    rapl = cpu.IntelRAPL
    monkeypatch.setattr(cpu, "is_rapl_available", lambda: True)
    monkeypatch.setattr(gpu, "is_nvidia_system", lambda: False)
    monkeypatch.setattr(
        hardware, "IntelRAPL", lambda rapl_dir, **settings: rapl(str(tmp_path / "intel-rapl"), **settings)
    )
    yield
    hardware_cache.clear_cache()


def test_rapl_is_read_as_a_counter_and_called_measured(tmp_path: Path, rapl_here: None) -> None:
    counter = powercap(tmp_path, 1000.0)
    with Meter("FRA") as meter:
        time.sleep(0.2)
        counter.write_text(f"{int(1036.0 * 1e6)}\n")
    assert meter.measured and meter.mode.startswith("measured by RAPL")
    assert "ram" not in meter.parts
    assert meter.joules == pytest.approx(36.0, rel=0.05)
    assert math.isnan(meter.idle_watts)


def test_a_counter_that_goes_round_several_times_in_a_block_is_followed(tmp_path: Path, rapl_here: None) -> None:
    counter = powercap(tmp_path, 0.0, most=100_000_000)
    tracker = energy.offline_tracker("FRA", measure_power_secs=0.02)
    begin = time.perf_counter()
    first = energy.read(tracker)
    for joules in range(60, 301, 60):  # round at 100 J
        (tmp_path / "next").write_text(f"{joules % 100 * 1_000_000}\n")
        (tmp_path / "next").replace(counter)  # never half-written
        for _ in range(1000):  # until the periodic reading has seen it
            if tracker._total_cpu_energy.kWh * JOULES_PER_KWH > joules - 1:
                break
            time.sleep(0.01)
    parts = energy.charge(tracker, first, time.perf_counter() - begin)
    assert parts["cpu"] == pytest.approx(300, rel=0.05)


def test_rapl_s_obstacle_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy.platform, "system", lambda: "Linux")
    assert "does not exist" in str(rapl_obstacle(tmp_path / "absent"))
    assert "no energy counter" in str(rapl_obstacle(tmp_path))
    domain = tmp_path / "intel-rapl:0"
    domain.mkdir()
    (domain / "energy_uj").write_text("12\n")
    assert rapl_obstacle(tmp_path) is None
    (domain / "energy_uj").write_text("noise\n")
    assert "cannot be read" in str(rapl_obstacle(tmp_path))

    def refuse(self: Path) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert "no permission" in str(rapl_obstacle(tmp_path)) and "chmod" in str(rapl_obstacle(tmp_path))
    monkeypatch.setattr(energy.platform, "system", lambda: "Darwin")
    assert "Darwin" in str(rapl_obstacle(tmp_path))


def test_codecarbon_s_log_stays_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with Meter("FRA"):
        pass
    assert logging.getLogger("codecarbon").getEffectiveLevel() >= logging.CRITICAL
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_the_processor_has_the_name_that_codecarbon_would_find(monkeypatch: pytest.MonkeyPatch) -> None:
    import cpuinfo
    from codecarbon.core import util

    proc = Path("/proc/cpuinfo")
    if not proc.exists() or "model name" not in proc.read_text():
        pytest.skip("this machine does not name its processor in /proc/cpuinfo: CodeCarbon finds the name itself")
    asked = cpuinfo.get_cpu_info
    util.detect_cpu_model.cache_clear()
    energy._name_processor()
    assert util.detect_cpu_model.cache_info().currsize == 1
    assert util.detect_cpu_model() == asked()["brand_raw"]
    util.detect_cpu_model.cache_clear()
    monkeypatch.setattr(energy.results, "machine", lambda: {"processor": energy.platform.machine()})
    energy._name_processor()
    assert util.detect_cpu_model.cache_info().currsize == 0  # left to CodeCarbon
    assert cpuinfo.get_cpu_info is asked
