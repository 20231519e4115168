"""A whole design of invented recordings: what lies in its folder, what goes on, and what is refused in one line."""

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from luciole import cli, datasets
from luciole.book import figures
from luciole.design import Settings, design, pieces
from luciole.design.deliver import told
from luciole.design.run import read
from luciole.design.tasks import Task
from luciole.devices import cortex_m, native
from luciole.devices.foretell import Limits
from luciole.errors import LucioleError
from luciole.report import design as report
from luciole.sensors.deploy import Runtime

NAMES = ("rest", "<b>walk</b> & co | `x` $y$", "跑")
HZ, LENGTH = 25.0, 32
QUICK = {"minutes": 0.02, "scored": 4, "steps": 6}


def _windows(people=3, each=24, channels=2):
    rng = np.random.default_rng(0)
    y = np.arange(people * each) % 3
    phase = rng.uniform(0, 6, size=(len(y), channels, 1))
    X = np.sin((0.2 + 0.25 * y)[:, None, None] * np.arange(LENGTH) + phase) + 0.1 * rng.normal(size=(len(y), 1, LENGTH))
    return X, y, np.arange(len(y)) // each


@pytest.fixture(scope="module", autouse=True)
def nothing_is_compiled():
    """What compilers say of the C is the matter of test_printed, and takes them seconds a design."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (cortex_m, native):
            patch.setattr(module, "missing", lambda: "a compiler")
        yield


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "mine.npz"
    X, y, who = _windows()
    np.savez(path, X=X, y=np.array(NAMES)[y], subject=np.array(["lea", "tom", "ida"])[who], hz=HZ,
             channel_names=["ax", "ay"])  # fmt: skip
    return path


@pytest.fixture(scope="module")
def done(mine, tmp_path_factory):
    """A design whose limit lets only few designs in, so that nothing is scored."""
    out = tmp_path_factory.mktemp("designs") / "mine"
    lines = []
    return design(Settings(str(mine), str(out), macs=3000, **QUICK), lines.append), out, lines


def test_the_folder_holds_what_is_taken_away(done):
    outcome, out, lines = done
    names = {path.name for path in out.iterdir()}
    files = {"report.html", "model.onnx", "recognise.py", "card.md", "leaderboard.csv", "settings.json"}
    assert files | {"model.c", "model.h", "example_main.c"} <= names
    assert any("3 people are few: each is tested once" in line for line in lines)
    assert outcome.chosen.macs <= 3000
    table = pd.read_csv(out / "leaderboard.csv")
    assert {"delivered", "majority", "logistic regression on features"} <= set(table["model"])
    assert table["accuracy"].dropna().is_monotonic_decreasing
    assert set(outcome.people["unit"]) == {"lea", "tom", "ida"}
    assert outcome.confusion.sum() == 72


def test_the_network_says_what_it_takes_and_gives(done):
    outcome, out, _ = done
    said = told(out / "model.onnx")
    assert said["classes"] == list(outcome.dataset.class_names) and said["channels"] == ["ax", "ay"]
    assert (said["hz"], said["window"], said["hop"]) == (HZ, LENGTH, LENGTH)
    network, constants = outcome.network
    X = outcome.dataset.X[:9]
    import torch

    with torch.no_grad():
        expected = network(torch.from_numpy(constants(X))).numpy()
    assert np.allclose(Runtime(out / "model.onnx")(X), expected, atol=1e-3)


def test_names_are_shown_as_written_and_escaped_in_the_page(done):
    _, out, _ = done
    page = (out / "report.html").read_text("utf-8")
    assert "<b>walk" not in page and "&lt;b&gt;walk&lt;/b&gt; &amp; co | `x` $y$" in page
    assert all(name in unescape(page) for name in (*NAMES, "lea", "tom", "ida"))
    assert "http" not in page and "src=" not in page  # one file, that asks nobody
    assert "prefers-color-scheme: dark" in page and "viewport" in page
    assert "跑" in (out / "card.md").read_text("utf-8")


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e-9])  # seconds of a tick
def test_the_script_answers_as_the_network_whatever_the_clock(done, tmp_path, unit):
    outcome, out, _ = done
    row = 5
    window = outcome.dataset.X[row]
    clock = np.round(np.arange(LENGTH) / HZ / unit, 6) + 1000
    frame = pd.DataFrame({"ay": window[1], "time": clock, "note": "", "ax": window[0]})
    frame.to_csv(tmp_path / "one.csv", index=False)
    run = subprocess.run(
        [sys.executable, str(out / "recognise.py"), str(tmp_path / "one.csv")],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = outcome.dataset.class_names[int(Runtime(out / "model.onnx")(window[None]).argmax())]
    assert run.stdout.startswith(f"0.00,1.28,{expected},")


def test_the_script_names_columns_that_lack(done, tmp_path):
    (tmp_path / "one.csv").write_text("time,ax\n0,1\n")
    run = subprocess.run(
        [sys.executable, str(done[1] / "recognise.py"), str(tmp_path / "one.csv")], capture_output=True, text=True
    )
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert "expected the columns ax, ay, got none called ay" in run.stderr


def test_the_same_command_goes_on_and_trains_nothing_twice(done, mine, monkeypatch):
    outcome, out, _ = done
    kept = {path: path.stat().st_mtime_ns for path in (out / "work").glob("*-*.npz")}
    assert kept
    again = design(Settings(str(mine), str(out), macs=3000, **QUICK), lambda line: None)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert again.leaderboard.equals(outcome.leaderboard)


def test_the_chapter_shows_what_the_report_does(done, monkeypatch):
    outcome, _, _ = done
    table = report.contest(outcome)
    assert table.loc["the network delivered", "accuracy (%)"] == pytest.approx(100 * outcome.mine["accuracy"])
    assert len(table) == outcome.leaderboard["accuracy"].notna().sum()
    assert report.confusion(outcome).to_numpy().sum() == 72
    said = report.numbers(outcome)
    assert said["own_limit"] == "3,000" and said["own_estimate"] in (outcome.folder / "card.md").read_text("utf-8")
    shown = []
    monkeypatch.setattr(figures, "show", lambda fig, name, **words: shown.append((fig, name)))
    report.front(outcome)
    ((figure, name),) = shown
    assert name == "own-front" and not figures.unlabelled(figure)
    bars = figure.axes[1].patches
    assert sorted(bar.get_width() for bar in bars) == pytest.approx(
        sorted(100 * outcome.people.loc[outcome.people["model"] == "delivered", "accuracy"])
    )


def test_a_chapter_empties_the_folder_that_it_chose_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    fresh = Path(report.folder("", "my/recordings.npz"))
    fresh.mkdir(parents=True)
    (fresh / "settings.json").write_text("{}")
    assert report.folder("", "my/recordings.npz") == str(fresh) and not fresh.exists()
    own = tmp_path / "own"
    own.mkdir()
    assert report.folder(str(own), "my/recordings.npz") == str(own) and own.exists()


def test_a_stop_loses_what_was_in_flight_and_nothing_else(mine, tmp_path, monkeypatch):
    asked = Settings(str(mine), str(tmp_path / "out"), macs=3000, **QUICK)
    whole, seen = pieces.do, []

    def stopped(path, limits, task):
        if task.kind == "final":
            raise KeyboardInterrupt
        seen.append(task)
        return whole(path, limits, task)

    monkeypatch.setattr(pieces, "do", stopped)
    with pytest.raises(KeyboardInterrupt):
        design(asked, lambda line: None)
    kept = sorted((tmp_path / "out" / "work").glob("*-*.npz"))
    assert len(kept) == len(seen) > 3
    broken = kept[0]
    broken.write_bytes(broken.read_bytes()[:100])
    monkeypatch.setattr(pieces, "do", lambda path, limits, task: seen.append(task) or whole(path, limits, task))
    before = len(seen)
    outcome = design(asked, lambda line: None)
    redone = [task for task in seen[before:] if task in seen[:before]]
    assert len(redone) == 1 and outcome.mine["accuracy"] > 0


def test_a_piece_of_another_run_is_done_again(tmp_path):
    store = pieces.Store(tmp_path, {"data": "a"})
    store.put(Task("short"), {"accuracy": np.array(1.0)})
    assert pieces.Store(tmp_path, {"data": "a"}).get(Task("short")) is not None
    assert pieces.Store(tmp_path, {"data": "b"}).get(Task("short")) is None


def test_another_folder_is_asked_for(done, mine, tmp_path):
    _, out, _ = done
    with pytest.raises(LucioleError, match=r"holds another run \(it differs in macs\); choose another --out"):
        design(Settings(str(mine), str(out), macs=2999, **QUICK), lambda line: None)
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(LucioleError, match="holds other files; choose a folder that is new or empty"):
        design(Settings(str(mine), str(tmp_path), **QUICK), lambda line: None)
    with pytest.raises(LucioleError, match="expected a folder for --out, got the file"):
        design(Settings(str(mine), str(tmp_path / "letter.txt"), **QUICK), lambda line: None)


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda X, y, who: (X, 0 * y, who), {}, "two classes or more"),
        (lambda X, y, who: (X[:20], y[:20], who[:20]), {}, "at least 24 windows, got 20"),
        (lambda X, y, who: (0 * X, y, who), {}, "expected a channel that changes, got none"),
        (lambda X, y, who: (X, y, who), {"macs": 100}, "the smallest design for windows of 2 channels and 32 samples"),
        (lambda X, y, who: (X, y, who), {"limits": Limits(ram=9)}, "expected limits that the smallest design .* keeps"),
        (lambda X, y, who: (X, y, who), {"minutes": 0}, "expected minutes above 0, got 0"),
        (lambda X, y, who: (X, y, who), {"seed": -1}, "expected seed of at least 0, got -1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line_and_leaves_no_folder(tmp_path, change, options, said):
    X, y, who = change(*_windows())
    np.savez(tmp_path / "bad.npz", X=X, y=y, subject=who, hz=HZ)
    with pytest.raises(LucioleError, match=said) as caught:
        design(Settings(str(tmp_path / "bad.npz"), str(tmp_path / "out"), **{**QUICK, **options}), lambda line: None)
    assert "\n" not in str(caught.value) and not (tmp_path / "out").exists()


def test_the_command_takes_the_options_of_the_reading(tmp_path):
    shown = CliRunner().invoke(cli.app, ["design", "--help"]).output
    for option in ("label", "person", "time", "hz", "channels", "window", "overlap", "minutes", "macs", "out"):
        assert f"--{option}" in shown
    asked = Settings("a b.csv", "mine", minutes=5, macs=9, options={"hz": 50.0, "channels": "ax,ay"})
    assert asked.command() == "luciole design 'a b.csv' --minutes 5 --out mine --macs 9 --hz 50 --channels ax,ay"


def test_a_public_data_set_says_which_options_it_takes():
    with pytest.raises(LucioleError, match="seglearn is a public data set and takes window and overlap; drop hz"):
        read("seglearn", {"hz": 50.0})


def test_settings_hold_the_command_that_does_it_again(done, mine):
    kept = json.loads((done[1] / "settings.json").read_text("utf-8"))
    assert kept["command"].startswith(f"luciole design {mine} --minutes 0.02")
    assert kept["limit"] == 3000


def _csv(folder: Path) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for person in ("ana", "ben", "cho", "dia"):
        for thing, pace in (("walk", 2.0), ("run", 3.2)):
            seconds = np.arange(700) / 50
            wave = np.sin(2 * np.pi * pace * seconds[:, None] + rng.uniform(0, 6, 2)) + 0.2 * rng.normal(size=(700, 2))
            frame = pd.DataFrame(
                {"time": seconds, "ax": wave[:, 0], "ay": wave[:, 1], "label": thing, "subject": person}
            )
            frame.to_csv(folder / f"{person}-{thing}.csv", index=False)
    return folder


@pytest.mark.check  # an environment of its own, and half a minute
def test_a_stranger_gets_from_a_folder_of_csv_files_to_activities(tmp_path):
    """By the command of the README, killed once; then recognise.py where there are only onnxruntime and numpy."""
    recordings, out = _csv(tmp_path / "recordings"), tmp_path / "mine"
    command = [sys.executable, "-m", "luciole.cli", "design", str(recordings), "--minutes", "0.5", "--out", str(out),
               "--workers", "2"]  # fmt: skip
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while first.poll() is None and len(list((out / "work").glob("short-*.npz"))) < 2:
        time.sleep(0.2)
    first.kill()
    first.wait()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    venv.create(tmp_path / "bare", with_pip=True)
    python = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "onnxruntime", "numpy"], check=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("recognise.py", "model.onnx"):
        shutil.copy(out / name, elsewhere)
    run = [str(python), "recognise.py", str(recordings / "ana-run.csv")]
    said = subprocess.run(run, cwd=elsewhere, capture_output=True, text=True, check=True).stdout.splitlines()
    data = datasets.load(recordings)
    assert len(said) == (700 - data.length) // 64 + 1
    assert sum(line.split(",")[2] == "run" for line in said) > len(said) / 2
