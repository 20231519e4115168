"""Where tasks are done: outcomes, one thread, and asking for the next task only when there is room for it."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from luciole import workers
from luciole.workers import Failed, attempt, here

sys.path.insert(0, str(Path(__file__).parent))  # workers find sharded_work by the same name
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))

from sharded_work import told, wrong


def test_what_a_task_gives_is_its_outcome():
    np.ones((50, 50)) @ np.ones((50, 50))  # so that a pool of threads is loaded
    number, outcome = attempt(told, 7, "x")
    assert (number, outcome["task"]) == (7, "x") and set(outcome["pools"].tolist()) <= {1}


def test_a_task_that_raises_is_an_outcome_in_one_line_with_its_trace():
    number, outcome = attempt(wrong, 3, "x")
    assert number == 3 and isinstance(outcome, Failed)
    assert (outcome.reason, outcome.lacked) == ("ValueError: x is wrong", "")
    assert "and more of it" in outcome.trace and "in wrong" in outcome.trace

    def silent(task):
        raise RuntimeError

    assert attempt(silent, 0, None)[1].reason == "RuntimeError: "

    def hungry(task):
        raise MemoryError("no room")

    assert attempt(hungry, 0, None)[1].lacked == "memory"


def test_who_stops_everything_stops_the_task():
    def stopped(task):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(stopped, 0, None)


def test_tasks_here_are_done_when_asked_for(monkeypatch):
    """One by one, with one thread for what is loaded meanwhile; afterwards the environment is as it was."""
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    asked = []

    def todo():
        for number in (4, 2):
            asked.append(number)
            yield number, f"task {number}"

    running = here(told, todo())
    assert asked == []
    for number in (4, 2):
        done, outcome = next(running)
        assert done == number and asked[-1] == number and outcome["task"] == f"task {number}"
        assert outcome["set"].tolist() == ["1"] * 3
        assert os.environ["OMP_NUM_THREADS"] == "5" and "MKL_NUM_THREADS" not in os.environ
    assert list(running) == []
    (failed,) = here(wrong, [(1, "x")])
    assert failed[0] == 1 and isinstance(failed[1], Failed) and os.environ["OMP_NUM_THREADS"] == "5"


def test_processes_give_the_same_and_a_failure_ends_no_other_task():
    outcomes = dict(workers.in_processes(told, iter([(number, number) for number in range(4)]), 2))
    assert {number: outcome["task"] for number, outcome in outcomes.items()} == {number: number for number in range(4)}
    assert all(set(outcome["pools"].tolist()) <= {1} for outcome in outcomes.values())
    failed = dict(workers.in_processes(wrong, iter([(0, "a"), (1, "b")]), 2))
    assert {number: outcome.reason for number, outcome in failed.items()} == {
        0: "ValueError: a is wrong",
        1: "ValueError: b is wrong",
    }


@dataclass(eq=False)
class Done:
    """Stands for what a cluster gives for a task."""

    outcome: Any

    def exception(self):
        return None

    def result(self):
        return self.outcome

    def release(self):
        pass


class Cluster:
    """Stands for a Dask cluster: what is submitted is done in that order, one task whenever an outcome is asked for."""

    def __init__(self, threads):
        self.threads, self.at_work = threads, []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def nthreads(self):
        return self.threads

    def submit(self, attempt, work, number, task, pure):
        return Done(attempt(work, number, task))

    def add(self, future):
        self.at_work.append(future)

    def __next__(self):
        return self.at_work.pop(0)


@pytest.mark.parametrize(("threads", "most"), [({"a": 1}, 2), ({"a": 1, "b": 2}, 6), ({"a": 4}, 8), ({}, 2)])
def test_a_cluster_has_twice_the_tasks_that_it_can_run(monkeypatch, threads, most):
    """And no more until it is down to that again when it has lost workers."""
    cluster = Cluster(threads)
    distributed = SimpleNamespace(Client=lambda address, timeout: cluster, as_completed=lambda: cluster)
    monkeypatch.setitem(sys.modules, "distributed", distributed)
    todo = iter([(number, number) for number in range(20)])
    outcomes = workers.on_cluster(lambda task: {"task": task}, todo, "tcp://x")
    for number in range(3):
        assert next(outcomes) == (number, {"task": number})
        assert len(cluster.at_work) == most - 1  # the one that is handed over is replaced when the next is asked for
    cluster.threads = {"a": 1}
    for left in (*range(most - 1, 2, -1), *[2] * 4):
        number += 1
        assert next(outcomes) == (number, {"task": number})
        assert len(cluster.at_work) == left - 1
    assert [number for number, _ in outcomes] == [*range(number + 1, 20)]
