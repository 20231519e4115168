"""Shards: complete, resumable, and the same whatever computes them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.shards import load_shards, run_shards

sys.path.insert(0, str(Path(__file__).parent))  # workers find sharded_work by the same name
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))

import sharded_work

TASKS = list(range(6))


def run(folder, work=sharded_work.square, tasks=TASKS, plan=None, **how):
    return run_shards(work, tasks, folder, plan=plan or {"seed": 0}, **how)


def test_same_digits_whatever_the_workers(tmp_path):
    assert run(tmp_path / "one") == run(tmp_path / "two", workers=2) == len(TASKS)
    one, two = load_shards(tmp_path / "one"), load_shards(tmp_path / "two")
    assert list(one) == TASKS
    for number in TASKS:
        assert one[number]["value"][0] == number**2
        assert (one[number]["value"] == two[number]["value"]).all()
        assert one[number]["threads"] == two[number]["threads"] == 1


def test_a_finished_shard_is_never_computed_again(tmp_path):
    run(tmp_path, tasks=TASKS)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (tmp_path / "shard-000002.npz").unlink()
    assert run(tmp_path, tasks=TASKS) == len(TASKS)
    changed = [path.name for path in tmp_path.iterdir() if stamps[path] != path.stat().st_mtime_ns]
    assert changed == ["shard-000002.npz"]


def test_a_failing_task_is_named_and_the_others_kept(tmp_path):
    for workers in (1, 2):
        with pytest.raises(LucioleError, match="task 3 failed: RuntimeError: three"):
            run(tmp_path / str(workers), work=sharded_work.fail_on_three, workers=workers)
        assert {0, 1, 2} <= set(load_shards(tmp_path / str(workers))) <= {0, 1, 2, 4, 5}


def test_a_killed_worker_is_told(tmp_path):
    (tmp_path / "shards").mkdir()
    tasks = [(number, str(tmp_path)) for number in range(8)]
    with pytest.raises(LucioleError, match="a worker was killed"):
        run(tmp_path / "shards", sharded_work.die_once, tasks, workers=2)
    assert run(tmp_path / "shards", sharded_work.die_once, tasks, workers=2) == 8


def test_a_run_killed_dead_goes_on(tmp_path):
    script = (
        "import sharded_work, sys; from pathlib import Path; from luciole.shards import run_shards\n"
        "import time; slow = lambda task: (time.sleep(0.2), sharded_work.fail_on_three(task + 10))[1]\n"
        "run_shards(slow, list(range(6)), Path(sys.argv[1]), plan={'seed': 0})"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("shard-*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = load_shards(tmp_path)
    assert 2 <= len(before) < 6
    assert run(tmp_path) == 6
    assert all(load_shards(tmp_path)[number]["value"] == before[number]["value"] for number in before)


def test_another_plan_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(LucioleError, match=r"another plan \(it differs in seed\)"):
        run(tmp_path, plan={"seed": 1})


def test_no_new_task_after_the_time(tmp_path):
    assert run(tmp_path, seconds=0) == 0
    assert run(tmp_path, seconds=600) == len(TASKS)


def test_a_broken_shard_is_named(tmp_path):
    run(tmp_path)
    path = tmp_path / "shard-000001.npz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(LucioleError, match="shard-000001.npz is not a shard"):
        load_shards(tmp_path)


@pytest.mark.parametrize(
    ("how", "message"),
    [({"workers": 0}, "at least one worker"), ({"scheduler": "tcp://127.0.0.1:1"}, "no Dask scheduler answers")],
)
def test_bad_ways_to_run(tmp_path, how, message, monkeypatch):
    monkeypatch.setattr("luciole.shards.CONNECT_SECONDS", 2)
    with pytest.raises(LucioleError, match=message):
        run(tmp_path, **how)


def test_a_cluster_that_loses_a_worker_gives_the_same(tmp_path):
    distributed = pytest.importorskip("distributed")
    tasks = [(number, str(tmp_path)) for number in range(12)]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        address = cluster.scheduler_address
        assert run(tmp_path / "late", sharded_work.die_once, tasks, scheduler=address, seconds=0) == 0
        with pytest.raises(LucioleError, match="task 3 failed: RuntimeError: three"):
            run(tmp_path / "failing", sharded_work.fail_on_three, scheduler=address)
        done = run(tmp_path / "cluster", sharded_work.die_once, tasks, scheduler=address)
    assert (tmp_path / "died").exists()
    assert done == len(tasks)
    run(tmp_path / "here", sharded_work.die_once, tasks)
    here, cluster_shards = load_shards(tmp_path / "here"), load_shards(tmp_path / "cluster")
    assert [int(np.squeeze(s["value"])) for s in cluster_shards.values()] == [n**2 for n in range(12)]
    assert all((here[n]["value"] == cluster_shards[n]["value"]).all() for n in here)
