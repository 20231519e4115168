"""What is read off a course: answers in the order of windows, who wins, what more minutes may bring, what is chosen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from luciole.design import clock, contest, course
from luciole.design.clock import Clock
from luciole.design.contest import Contest
from luciole.design.course import Choice, Course, Tried
from luciole.design.outcome import DELIVERED, Outcome
from luciole.design.settings import Settings


def read(**known):
    """An outcome of which some properties are known."""
    made = Outcome(SimpleNamespace(course=known.pop("course", None)))
    made.__dict__.update(known)
    return made


def test_answers_of_folds_stand_in_the_order_of_the_windows():
    tests = {1: np.array([0, 3, 4]), 2: np.array([1, 2])}
    pieces = {"one": {"answers": np.array([10, 13, 14])}, "other": {"answers": np.array([11, 12])}}
    benches = [SimpleNamespace(test=tests.get(number, np.array([]))) for number in range(3)]
    made = read(course=SimpleNamespace(store=pieces, testing=[1, 2], parts=SimpleNamespace(benches=benches)))
    assert made._answers(["one", "other"]).tolist() == [10, 11, 12, 13, 14]
    assert made._answers(["one", "missing"]) is None
    pieces["other"] = {"failed": "no"}
    assert made._answers(["one", "other"]) is None


@pytest.mark.parametrize(
    ("models", "won"),
    [
        ([("forest", 0.9), (DELIVERED, 0.8)], "forest"),
        ([("forest", 0.8), (DELIVERED, 0.8)], None),
        ([(DELIVERED, 0.9), ("forest", 0.8)], None),
    ],
)
def test_only_who_recognises_more_wins(models, won):
    winner = read(leaderboard=pd.DataFrame(models, columns=["model", "accuracy"])).winner
    assert (winner is None) if won is None else (winner["model"] == won)


def test_what_each_half_of_the_time_brought_is_read_at_half_of_the_seconds():
    accuracies, seconds = [0.5, 0.6, 0.7, 0.9], [1.0, 1.0, 1.0, 3.0]
    tried = pd.DataFrame({"steps": [6, 6, 6, 18], "accuracy": accuracies, "seconds": seconds})
    classifier = pd.DataFrame({"steps": [0], "accuracy": [0.99], "seconds": [100.0]})
    made = read(tried=pd.concat([classifier, tried], ignore_index=True), course=SimpleNamespace(exhausted=False))
    late, early = made.gained()
    assert (late, early) == (pytest.approx(20), pytest.approx(20))
    assert "brought 20.0 points where designs are chosen, the first 20.0" in made.more()
    level = read(tried=tried.assign(accuracy=[0.5, 0.9, 0.7, 0.9]), course=SimpleNamespace(exhausted=False))
    assert "the first 40.0 points: more minutes are likely to bring little" in level.more()
    assert "Every design under the limit was tried" in read(tried=tried, course=SimpleNamespace(exhausted=True)).more()


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A course of one bench on which two designs were measured, beside a clock that the test sets."""
    now = [0.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now[0])
    made = Course(
        SimpleNamespace(classes=2), SimpleNamespace(benches=[SimpleNamespace(test=np.array([1]))]), 100,
        Settings("mine.csv", str(tmp_path), minutes=10, steps=10), {}, None, Clock(tmp_path / "clock.json", 10), print,
    )  # fmt: skip
    made.designs = [np.array([1]), np.array([2])]
    made.measured = [{(0, 0): 0.7, (1, 0): 0.7}]
    monkeypatch.setattr(Course, "macs", lambda self, genes: {1: 50, 2: 40, 3: 30}[genes[0]])
    return made, now


def test_of_equals_what_costs_least_is_delivered(begun):
    made, _ = begun
    assert made.choice(0).genes == (2,)
    made.tried = [Tried(0, (3,), "linear discriminant", 0, 0.7, 30, 1.0), Tried(1, (3,), "other", 0, 0.9, 30, 1.0)]
    assert made.choice(0).model == "linear discriminant"
    made.tried[0] = Tried(0, (3,), "linear discriminant", 0, 0.69, 30, 1.0)
    assert made.choice(0) == Choice("", (2,), 10, 0.7, 40)


def test_a_wave_is_begun_where_it_and_what_follows_find_time(begun):
    """Ten minutes, fifteen seconds of them for writing: a second a step, a wave of 90 s, finals of ten steps."""
    made, now = begun
    made.tried = [Tried(0, (1,), "", 10, 0.7, 50, 10.0)]
    wave = [(SimpleNamespace(steps=90, genes=(1,)), (0, 2))]
    limit = 600 - course.WRITING_SECONDS - 90 - max(90, 10 + course.CONTEST * 600)
    now[0] = limit - 1
    assert made._fits([90.0], wave)
    now[0] = limit + 1
    assert not made._fits([90.0], wave)


def test_seconds_of_earlier_beginnings_are_spent(begun, tmp_path):
    made, now = begun
    now[0] = 100.0
    made.clock.note(laddered=3)
    later = Clock(tmp_path / "clock.json", 10)
    now[0] = 130.0
    assert (later.spent, later.left, later.laddered) == (130.0, 470.0, 3.0)
    (tmp_path / "clock.json").write_text("[1]")
    assert Clock(tmp_path / "clock.json", 10).spent == 0


def test_a_rival_network_trains_for_as_long_as_half_of_what_is_left_allows(begun, monkeypatch):
    """A step of it takes .1 s: of 100 s it gets 270 steps and no more, of 600 s the 810 that were asked."""
    made, now = begun
    made.measured = [{(0, 0): 0.7, (0, 4): 0.9}]  # delivered: 810 steps
    monkeypatch.setattr(contest, "BASELINES", {"net": None})
    given = {}

    def do(tasks, what, begin=lambda task: True, kept=False):
        for task in tasks:
            given[task.kind] = task.steps
            made.store[task] = {"step": 0.1}

    monkeypatch.setattr(made, "do", do)
    now[0] = 600 - course.WRITING_SECONDS - 100
    Contest(made)._network("net")
    assert given["rival"] == 270
    made.store.clear()
    now[0] = 0.0
    Contest(made)._network("net")
    assert given["rival"] == 810
