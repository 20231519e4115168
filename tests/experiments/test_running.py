"""Running experiments: the price first, nothing current again, the whole way shown, and one command to go on."""

import signal

import numpy as np
import pytest
from typer.testing import CliRunner

from luciole import cli, experiments, files, results
from luciole.errors import LucioleError
from luciole.experiments import Experiment, price, running
from luciole.locks import held
from luciole.shards import run_shards


def made_by() -> None:
    """Stands for the function that computed a result."""


def record(name, seconds, joules=None, **changes):
    given = {"function": made_by, "parameters": {}, "modules": ["luciole.errors"], "inputs": {}}
    results.write(name, {"a": np.zeros(1)}, seconds=seconds, joules=joules, **{**given, **changes})


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Three experiments: one current, one stale with two results of one account, one without a record."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "changing.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    results.fingerprint.cache_clear()
    record("one/current", 100.0, 50.0)
    for name in ("one/runs", "one/summary"):
        record(name, 7200.0, 3e6, modules=["changing"])
    (tmp_path / "changing.py").write_text("x = 2\n")
    results.fingerprint.cache_clear()
    ran = []
    monkeypatch.setattr(
        experiments,
        "EXPERIMENTS",
        {
            "one/current": Experiment("says", ("one/current",)),
            "one/stale": Experiment("says", ("one/runs", "one/summary")),
            "one/new": Experiment("says", ("one/new",)),
        },
    )
    monkeypatch.setattr(experiments, "load", lambda name: lambda **options: ran.append((name, options)))
    yield ran
    results.fingerprint.cache_clear()


def test_the_price_says_why_and_counts_one_account_once(study):
    priced = price.prices({name: one.results for name, one in experiments.EXPERIMENTS.items()})
    assert [(one.name, one.seconds, one.joules) for one in priced] == [
        ("one/current", 100.0, 50.0),
        ("one/stale", 7200.0, 3e6),
        ("one/new", None, None),
    ]
    assert [one.reason for one in priced] == [
        "",
        "one/runs: changing has changed and 1 more",
        "one/new is not there",
    ]


def test_results_of_several_accounts_are_added_up(study):
    record("one/a", 10.0, 5.0)
    record("one/b", 20.0, None)
    (both,) = price.prices({"one/both": ("one/a", "one/b")})
    assert (both.seconds, both.joules, both.reason) == (30.0, None, "")


def test_a_result_that_cannot_be_read_has_to_run(study):
    (files.results() / "one" / "current.json").write_text("{")
    (broken,) = price.prices({"one/current": ("one/current",)})
    assert "is not a provenance record" in broken.reason and broken.seconds is None


def test_of_a_part_the_rest_is_counted(study, tmp_path):
    record("one/part", 30.0, 60.0, holds=(3, 12))
    (part,) = price.prices({"one/part": ("one/part",)})
    assert (part.reason, part.seconds, part.joules) == ("one/part holds 3 of 12 pieces", 90.0, 180.0)
    record("one/part", 30.0, 60.0, holds=(3, 12), modules=["changing"])
    (tmp_path / "changing.py").write_text("x = 3\n")
    results.fingerprint.cache_clear()
    (stale,) = price.prices({"one/part": ("one/part",)})
    assert stale.reason == "one/part: changing has changed and 1 more" and stale.seconds == 120.0


def test_run_all_begins_with_the_price_and_leaves_what_is_current(study):
    done = CliRunner().invoke(cli.app, ["run", "all", "--workers", "2"])
    assert done.exit_code == 0, done.output
    assert [name for name, _ in study] == ["one/stale", "one/new"]
    assert all(options == {"workers": 2, "scheduler": None, "seconds": None} for _, options in study)
    lines = done.output.splitlines()
    assert lines[0] == "1 of 3 experiments are current and are skipped: one/current"
    assert lines[1] == (
        "2 to run: 2.0 hours of one processor core and 3000 kJ (not known for 1) by their records, "
        "about 60 minutes with 2 workers, not counting 1 without a record"
    )
    assert " ".join(lines[2].split()) == "one/stale 2.0 hours (one/runs: changing has changed and 1 more)"
    assert " ".join(lines[3].split()) == "one/new no record (one/new is not there)"
    assert lines[4] == "1 of 2: one/stale; about 60 minutes left in all, not counting 1 without a record"
    assert lines[5] == "2 of 2: one/new; about 0 seconds left in all, not counting 1 without a record"


def test_where_all_is_current_nothing_runs(study, monkeypatch):
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"one/current": Experiment("says", ("one/current",))})
    done = CliRunner().invoke(cli.app, ["run", "all"])
    assert done.output.splitlines()[-1] == "nothing is left to run" and not study
    assert CliRunner().invoke(cli.app, ["run", "one/current"]).exit_code == 0
    assert [name for name, _ in study] == ["one/current"], "who names it means it"


def test_the_time_is_that_of_all(study, monkeypatch, capsys):
    now = iter([0.0, 10.0, 10.0, 60.0, 60.0])
    monkeypatch.setattr(running.time, "monotonic", lambda: next(now))
    running.run_all(1, None, 60.0)
    assert [options["seconds"] for _, options in study] == [50.0]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "the time is up: 1 of 2 experiments were begun; run again to go on"
    )


def test_an_experiment_that_ends_early_names_the_command_that_goes_on(study, monkeypatch, tmp_path):
    def fails(workers, scheduler, seconds):
        run_shards(int, ["x"], tmp_path / "shards", plan={}, workers=workers)

    monkeypatch.setattr(experiments, "load", lambda name: fails)
    with pytest.raises(LucioleError) as caught:
        running.run_one("one/new", 1, None, None)
    assert str(caught.value) == (
        "task 0 failed: ValueError: invalid literal for int() with base 10: 'x'; 0 of 1 shards of shards are kept; "
        "run again to go on: luciole run one/new"
    )


def test_ctrl_c_is_one_line(study, monkeypatch):
    def stopped(**_):
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(experiments, "load", lambda name: stopped)
    done = CliRunner().invoke(cli.app, ["run", "one/new", "--scheduler", "tcp://host:8786"])
    assert str(done.exception) == (
        "stopped; what was finished is kept; run again to go on: luciole run one/new --scheduler tcp://host:8786"
    )
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_run_of_an_experiment_says_who_is_at_work(study):
    with held(files.cache() / "running" / "one" / "new", "luciole run one/new"):
        done = CliRunner().invoke(cli.app, ["run", "one/new"])
    assert str(done.exception).startswith("luciole run one/new is at work already (process ") and not study
    assert CliRunner().invoke(cli.app, ["run", "one/new"]).exit_code == 0 and study
