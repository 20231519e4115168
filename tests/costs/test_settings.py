"""CodeCarbon under several settings at once: what differs is what the setting says."""

import time

import pytest

from luciole.costs.energy import carbon_intensity, offline_tracker
from luciole.costs.settings import SETTINGS, under_settings
from luciole.errors import LucioleError


def busy() -> None:
    end = time.perf_counter() + 0.6
    while time.perf_counter() < end:
        sum(range(1000))


def test_the_same_work_is_read_under_every_setting() -> None:
    calls = []
    found = under_settings(lambda: (calls.append(1), busy()))
    assert calls == [1]
    assert list(found.index) == list(SETTINGS)
    assert (found["joules"] > 0).all()
    base = found.loc["whole machine, France"]
    assert found.loc["data centre, PUE 1.58", "ram"] == pytest.approx(1.58 * base["ram"], rel=0.1)
    assert found.loc["memory of 3 W", "ram"] == pytest.approx(3 * base["seconds"], rel=0.1)
    by_grid = found["grams"] / found["joules"]
    expected = carbon_intensity("POL") / carbon_intensity("FRA")
    assert by_grid["Poland"] / by_grid["whole machine, France"] == pytest.approx(expected, rel=1e-3)
    assert found.loc["processor of 200 W", "cpu"] > 2 * found.loc["processor of 65 W", "cpu"] > 0


def test_the_work_s_error_passes() -> None:
    with pytest.raises(ZeroDivisionError):
        under_settings(lambda: 1 / 0, {"one": {}})


def test_unknown_countries_and_settings_are_refused() -> None:
    with pytest.raises(LucioleError, match="country"):
        under_settings(busy, {"moon": {"country_iso_code": "MOO"}})
    with pytest.raises(LucioleError, match="could not start"):
        offline_tracker("FRA", colour="blue")
