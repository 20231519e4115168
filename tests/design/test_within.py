"""Limits of a device: sizes as people write them, what is proposed, what is refused."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from luciole import cli
from luciole.datasets.dataset import Dataset
from luciole.design import Settings, candidates, tasks, within
from luciole.design.candidates import propose
from luciole.design.parts import Bench
from luciole.design.tasks import Task
from luciole.devices.foretell import Limits
from luciole.errors import LucioleError
from luciole.sensors import search

SHAPE = (2, 3, 32)  # channels, classes, samples


def test_sizes_are_read_as_people_write_them() -> None:
    assert within.limits("64k", "1.5k", "1M") == Limits(flash=65_536, ram=1_536, instructions=1_000_000)
    assert within.limits() == Limits() and within.limits(flash="300") == Limits(flash=300)


@pytest.mark.parametrize("text", ["much", "k", "-3k", "0", "nan", "1e400", "64kB"])
def test_what_is_no_size_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(LucioleError, match="expected a size above 0 such as 64k, 1M or 65536, got '") as told:
        within.limits(ram=text)
    assert "\n" not in str(told.value)


def test_limits_below_the_smallest_design_are_refused_by_name() -> None:
    least = within.takes(within.smallest_design(), *SHAPE)
    within.check(Limits(least.flash, least.ram, least.instructions), *SHAPE)
    with pytest.raises(LucioleError, match=r"ram: [\d,]+ of 100; instructions: [\d,]+ of 10; raise --ram and --instr"):
        within.check(Limits(flash=least.flash, ram=100, instructions=10), *SHAPE)


def test_what_is_proposed_keeps_every_limit_and_others_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "DRAWN", 500)
    monkeypatch.setattr(search, "TRIES", 500)
    free = propose(*SHAPE, 200_000, 0, 0, 4)
    costs = [within.takes(row, *SHAPE) for row in free]
    asked = Limits(flash=float(np.median([one.flash for one in costs])), ram=max(one.ram for one in costs))
    kept = within.propose(asked, *SHAPE, 200_000, 0, 0, 4)
    assert 0 < len(kept) < len(free)
    assert all(asked.broken(within.takes(row, *SHAPE)) == () for row in kept)
    least = within.takes(within.smallest_design(), *SHAPE)
    alone = within.propose(Limits(least.flash), *SHAPE, 3_000, 0, 0, 4)
    assert all(within.takes(row, *SHAPE).flash <= least.flash for row in alone) and len(alone)


def test_a_linear_classifier_that_breaks_a_limit_is_no_candidate(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(40, 2, 32)).astype(np.float32)
    dataset = Dataset("toy", X, np.arange(40) % 3, ("a", "b", "c"), ("x", "y"), subject=np.arange(40) // 10)
    rows = np.arange(40)
    tasks.keep(tmp_path / "data.npz", dataset, (Bench(rows[:20], rows[20:], rows[:0]),))
    task = Task("linear", model="linear discriminant")
    refused = within.do(tmp_path / "data.npz", Limits(flash=1), task)
    assert str(refused["failed"]).startswith("flash: ")
    free, wide = (within.do(tmp_path / "data.npz", asked, task) for asked in (Limits(), Limits(flash=1e9)))
    assert "failed" not in free and free["accuracy"] == wide["accuracy"]


def test_the_command_says_its_limits_and_a_folder_without_any_is_as_before() -> None:
    asked = Settings("a.csv", "mine", limits=Limits(flash=65_536, instructions=1e6))
    assert asked.command().endswith("--flash 65536 --instructions 1000000")
    assert "limits" not in Settings("a.csv", "mine").identity("data")
    assert asked.identity("data")["limits"]["flash"] == 65_536
    shown = CliRunner().invoke(cli.app, ["design", "--help"]).output
    assert all(f"--{name}" in shown for name in ("flash", "ram", "instructions"))
