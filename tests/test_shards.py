"""Shards: complete, resumable, and the same whatever computes them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from luciole import files, shards
from luciole.errors import LucioleError
from luciole.shards import Unfinished, load_shards, restore_shards, run_shards
from luciole.workers import here

sys.path.insert(0, str(Path(__file__).parent))  # workers find sharded_work by the same name
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))

import sharded_work

TASKS = list(range(6))


@dataclass(frozen=True)
class Cell:
    """A task of two fields."""

    name: str
    edges: tuple[int, ...]


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
    assert not [child for child in psutil.Process().children() if "LokyProcess" in " ".join(child.cmdline())]


def test_functions_of_a_notebook_run_in_processes(tmp_path):
    """They are in no module that a process could import; and each run sees the environment as it is then."""

    def work(task):
        return {"value": np.array([task, int(os.environ["LUCIOLE_TRIED"])])}

    for given in ("1", "2"):
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("LUCIOLE_TRIED", given)
            assert run(tmp_path / given, work, workers=2) == len(TASKS)
        shards = load_shards(tmp_path / given)
        assert [shard["value"].tolist() for shard in shards.values()] == [[task, int(given)] for task in TASKS]


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
        "run_shards(sharded_work.slowly, list(range(6)), Path(sys.argv[1]), plan={'seed': 0})"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("shard-*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = load_shards(tmp_path)
    assert 2 <= len(before) < 6
    assert run(tmp_path, sharded_work.slowly) == 6
    assert all(load_shards(tmp_path)[number]["value"] == before[number]["value"] for number in before)


def test_another_plan_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(LucioleError, match=r"another plan \(it differs in seed\)"):
        run(tmp_path, plan={"seed": 1})


def wrong(kind, folder, elsewhere):
    """Put something in the place of shard 2 (or beyond the plan) that is not the shard of task 2 of the plan."""
    place = folder / "shard-000002.npz"
    if kind == "of another task":
        shutil.copy(folder / "shard-000005.npz", place)
    elif kind == "beyond the 6 tasks":
        place = folder / "shard-000006.npz"
        shutil.copy(folder / "shard-000005.npz", place)
    elif kind == "no number":
        place = folder / "shard-000002 (copy).npz"
        shutil.copy(folder / "shard-000002.npz", place)
    elif kind == "of another plan":
        run(elsewhere, plan={"seed": 1})
        shutil.copy(elsewhere / place.name, place)
    elif kind == "of another work":
        run(elsewhere, sharded_work.slowly)
        shutil.copy(elsewhere / place.name, place)
        return place, "of another plan"
    elif kind == "earlier version":
        np.savez_compressed(place, value=np.array([5.0]))
    elif kind == "broken":
        place.write_bytes(place.read_bytes()[:-30])
    elif kind == "bent":
        content = bytearray(place.read_bytes())
        content[len(content) // 3] ^= 255
        place.write_bytes(content)
        return place, "broken"
    else:
        place.write_bytes({"empty": b"", "text": b"not an archive"}[kind])
        return place, "broken"
    return place, kind


WRONG = ["of another task", "of another plan", "of another work", "beyond the 6 tasks", "no number", "earlier version"]


@pytest.mark.parametrize("kind", [*WRONG, "broken", "bent", "empty", "text"])
def test_what_is_not_the_shard_of_its_place_is_set_aside_by_name_and_done_again(tmp_path, kind, caplog):
    folder = tmp_path / "shards"
    run(folder)
    before = load_shards(folder)
    place, reason = wrong(kind, folder, tmp_path / "elsewhere")
    if kind != "beyond the 6 tasks":
        put, caplog.records[:] = place.read_bytes(), []
    if kind in ("of another task", "no number", "earlier version", "broken", "bent", "empty", "text"):
        with pytest.raises(LucioleError, match="delete it and run again") as caught:
            load_shards(folder)
        assert str(place) in str(caught.value) and "\n" not in str(caught.value)
    assert run(folder) == len(TASKS)
    (said,) = caplog.messages
    assert place.name in said and reason in said
    after = load_shards(folder)
    assert list(after) == TASKS
    assert all((after[number]["value"] == before[number]["value"]).all() for number in TASKS)
    if kind != "beyond the 6 tasks":
        assert (folder / f"refused-{place.name}").read_bytes() == put, "nothing is lost"
    caplog.clear()
    assert run(folder) == len(TASKS) and not caplog.messages


def test_a_shard_far_beyond_the_plan_is_set_aside_too(tmp_path, caplog):
    run(tmp_path / "toy")
    shutil.copy(tmp_path / "toy" / "shard-000005.npz", tmp_path / "toy" / "shard-000009.npz")
    assert run(tmp_path / "toy") == len(TASKS)
    assert caplog.messages == ["toy: set aside and done again: shard-000009.npz (beyond the 6 tasks of the plan)"]
    assert (tmp_path / "toy" / "refused-shard-000009.npz").exists()


def test_one_shard_is_enough_to_know_the_plan(tmp_path):
    run(tmp_path, tasks=[7])
    (tmp_path / "plan.json").unlink()
    with pytest.raises(LucioleError, match=r"another plan \(it differs in seed\); delete it"):
        run(tmp_path, tasks=[7], plan={"seed": 1})
    assert run(tmp_path, tasks=[7]) == 1


def test_a_plan_is_called_by_its_name(tmp_path):
    """A dictionary behind the folder could be anything; the rest may be named as well."""
    asked = {"work": sharded_work.nothing, "tasks": [7], "folder": tmp_path}
    with pytest.raises(TypeError, match="positional argument"):
        run_shards(*asked.values(), {"seed": 0})
    assert run_shards(**asked, plan={"seed": 0}) == 1


def test_shards_know_their_plan_without_its_record(tmp_path):
    run(tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shard-*")}
    record = (tmp_path / "plan.json").read_bytes()
    (tmp_path / "plan.json").unlink()
    with pytest.raises(LucioleError, match=r"another plan \(it differs in seed\); delete it"):
        run(tmp_path, plan={"seed": 1})
    with pytest.raises(LucioleError, match=r"another plan \(it differs in work\)"):
        run(tmp_path, sharded_work.slowly)
    assert run(tmp_path) == len(TASKS)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert (tmp_path / "plan.json").read_bytes() == record


@pytest.mark.parametrize("broken", [b"", b'{"seed"', b"[]", b"\xff\xfe\x00"])
def test_a_broken_record_of_the_plan_is_written_again(tmp_path, broken, caplog):
    run(tmp_path)
    record, stamps = (tmp_path / "plan.json").read_bytes(), [p.stat().st_mtime_ns for p in tmp_path.glob("shard-*")]
    (tmp_path / "plan.json").write_bytes(broken)
    with pytest.raises(LucioleError, match=r"another plan \(it differs in seed\)"):
        run(tmp_path, plan={"seed": 1})
    caplog.clear()
    assert run(tmp_path) == len(TASKS)
    assert [message.replace(str(tmp_path), "F") for message in caplog.messages] == [
        "F/plan.json could not be read and is written again"
    ]
    assert (tmp_path / "plan.json").read_bytes() == record
    assert [p.stat().st_mtime_ns for p in tmp_path.glob("shard-*")] == stamps


def test_a_folder_of_an_earlier_version_is_done_again_and_said_once(tmp_path, caplog):
    run(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps({"tasks": len(TASKS), "seed": 0}, indent=1, sort_keys=True))
    for number, shard in load_shards(tmp_path).items():
        np.savez_compressed(tmp_path / f"shard-{number:06d}.npz", **{**shard, "value": np.array([-1.0])})
    with pytest.raises(LucioleError, match=r"it differs in seed\)"):
        run(tmp_path, plan={"seed": 1})
    assert run(tmp_path) == len(TASKS)
    assert len(caplog.messages) == 1 and "earlier version" in caplog.messages[0] and "3 more" in caplog.messages[0]
    assert all(shard["value"][0] == number**2 for number, shard in load_shards(tmp_path).items())
    assert run(tmp_path) == len(TASKS) and len(caplog.messages) == 1


def test_what_is_known_already_is_restored_and_not_done_again(tmp_path):
    run(tmp_path / "whole")
    whole = load_shards(tmp_path / "whole")
    keep = {"plan": {"seed": 0}}
    known = {number: whole[number] for number in (1, 4)}
    assert restore_shards(sharded_work.square, TASKS, tmp_path / "new", known, **keep) == 2
    assert restore_shards(sharded_work.square, TASKS, tmp_path / "new", known, **keep) == 0
    stamp = (tmp_path / "new" / "shard-000004.npz").stat().st_mtime_ns
    assert run(tmp_path / "new") == len(TASKS)
    assert (tmp_path / "new" / "shard-000004.npz").stat().st_mtime_ns == stamp
    with pytest.raises(LucioleError, match="another plan"):
        restore_shards(sharded_work.square, TASKS, tmp_path / "new", known, plan={"seed": 1})
    with pytest.raises(LucioleError, match="one of 6 tasks, got 6"):
        restore_shards(sharded_work.square, TASKS, tmp_path / "new", {6: whole[1]}, **keep)


def test_tasks_are_told_apart_by_what_they_hold(tmp_path):
    """Numbers of Python and of NumPy are the same task; a dataclass is all its fields."""
    tasks = [Cell("a", (1, 2)), Cell("a", (1, 3))]
    assert run(tmp_path, sharded_work.nothing, tasks) == 2
    shutil.copy(tmp_path / "shard-000000.npz", tmp_path / "shard-000001.npz")
    with pytest.raises(LucioleError, match="shard-000001.npz is the shard of task 0"):
        load_shards(tmp_path)
    stamp = (tmp_path / "shard-000000.npz").stat().st_mtime_ns
    assert run(tmp_path, sharded_work.nothing, [Cell("a", (np.int64(1), 2)), tasks[1]]) == 2
    assert (tmp_path / "shard-000000.npz").stat().st_mtime_ns == stamp
    with pytest.raises(LucioleError, match="expected tasks and plans of numbers"):
        run(tmp_path, tasks=[object()])


LACKS = [
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9",
    "CUDA out of memory. Tried to allocate 20.00 MiB",
    "could not create a primitive",
]


@pytest.mark.parametrize(("words", "workers"), [(LACKS[0], 1), (LACKS[1], 2), (LACKS[2], 1)])
def test_what_the_machine_lacked_ends_the_run_and_what_was_at_work_is_kept(tmp_path, words, workers):
    tasks = [(number, words) for number in range(8)]
    with pytest.raises(LucioleError, match="task 1 failed: RuntimeError: .*the machine lacked memory") as caught:
        run(tmp_path, sharded_work.lack, tasks, workers=workers)
    assert "\n" not in str(caught.value)
    kept = set(load_shards(tmp_path))
    assert 0 in kept and 1 not in kept and len(kept) < 7
    assert f"{len(kept)} of 8 shards" in str(caught.value)


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
    monkeypatch.setattr("luciole.workers.CONNECT_SECONDS", 2)
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


def test_what_is_kept_is_said_with_what_ended_the_run(tmp_path, caplog):
    folder = tmp_path / "toy"
    with pytest.raises(Unfinished) as caught:
        run(folder, sharded_work.fail_on_three)
    assert str(caught.value) == (
        "task 3 failed: RuntimeError: three; 3 of 6 shards of toy are kept; run again to go on"
    )
    assert str(caught.value.__cause__) == "task 3 failed: RuntimeError: three"
    assert "fail_on_three" in caught.value.__cause__.__notes__[0]  # for whoever looks for the fault
    assert run(folder, sharded_work.fail_on_three, seconds=0) == 3
    assert caplog.messages == ["the time is up: 3 of 6 shards of toy are kept; run again to go on"]


def test_the_time_is_looked_at_before_each_task(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(shards.time, "monotonic", lambda: now[0])

    def tick(task):
        now[0] += 1
        return {"value": np.array([task])}

    for seconds, done in ((2, 2), (2.5, 5), (None, 6)):  # the second goes on from the first
        assert run(tmp_path, tick, seconds=seconds) == done
    assert [int(shard["value"][0]) for shard in load_shards(tmp_path).values()] == TASKS


def test_what_goes_on_is_shown_from_where_it_goes_on(tmp_path, monkeypatch):
    shown = []

    class Bar:
        def __init__(self, **said):
            shown.append(said | {"updates": 0})

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def update(self):
            shown[-1]["updates"] += 1

    monkeypatch.setattr(shards, "tqdm", Bar)
    run(tmp_path / "toy")
    for number in (1, 4, 5):
        shards.shard_path(tmp_path / "toy", number).unlink()
    run(tmp_path / "toy")
    said = {"total": 6, "desc": "toy", "unit": "shard"}
    assert shown == [said | {"initial": 0, "updates": 6}, said | {"initial": 3, "updates": 3}]


@pytest.mark.parametrize(
    ("how", "used"), [({}, "here"), ({"workers": 2}, "in_processes"), ({"workers": 3}, "in_processes")]
)
def test_one_worker_needs_no_other_process(tmp_path, monkeypatch, how, used):
    asked = []

    def stand_in(name):
        def does(work, todo, *more):
            asked.append((name, more))
            return here(work, todo)

        return does

    for name in ("here", "in_processes", "on_cluster"):
        monkeypatch.setattr(shards, name, stand_in(name))
    assert run(tmp_path, **how) == 6
    assert asked == [(used, (how["workers"],) if "workers" in how else ())]
    shards.shard_path(tmp_path, 2).unlink()
    assert run(tmp_path, scheduler="tcp://x", **how) == 6
    assert asked[-1] == ("on_cluster", ("tcp://x",))


def test_a_folder_is_called_by_its_place_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "cache", lambda: tmp_path / "cache")
    for folder, name in (("cache/nb201/scores", "nb201/scores"), ("cache", "cache"), ("elsewhere/scores", "scores")):
        with pytest.raises(Unfinished, match=f"3 of 6 shards of {name} are kept"):
            run(tmp_path / folder, sharded_work.fail_on_three)


def test_a_work_is_known_by_its_function(tmp_path):
    """Settings that a partial holds belong into the plan; an object is known by its class."""
    run(tmp_path / "plain", tasks=[1])
    assert run(tmp_path / "plain", partial(partial(sharded_work.square)), tasks=[1]) == 1
    with pytest.raises(LucioleError, match=r"it differs in work\)"):
        run(tmp_path / "plain", partial(sharded_work.nothing), tasks=[1])

    class Doubled:
        def __call__(self, task):
            return {"value": np.array([2 * task])}

    run(tmp_path / "object", Doubled(), tasks=[1])
    plan = json.loads((tmp_path / "object" / "plan.json").read_text())
    assert plan == {"tasks": 1, "work": f"{__name__}.{Doubled.__qualname__}", "seed": 0}
    text = (tmp_path / "object" / "plan.json").read_text()
    assert text == json.dumps(plan, indent=1, sort_keys=True)


def test_plans_and_tasks_are_the_same_whatever_holds_their_numbers(tmp_path):
    plan = {"b": np.arange(2), "a": np.float64(0.5), "path": Path("x"), "cell": Cell("a", (1,))}
    run(tmp_path, sharded_work.nothing, [{"y": 1, "x": Path("p")}], plan)
    same = {"cell": Cell("a", (1,)), "path": "x", "a": 0.5, "b": [0, 1]}
    stamp = (tmp_path / "plan.json").stat().st_mtime_ns, shards.shard_path(tmp_path, 0).stat().st_mtime_ns
    assert run(tmp_path, sharded_work.nothing, [{"x": "p", "y": np.int8(1)}], same) == 1
    assert stamp == ((tmp_path / "plan.json").stat().st_mtime_ns, shards.shard_path(tmp_path, 0).stat().st_mtime_ns)
    with pytest.raises(LucioleError, match=r"it differs in cell\)"):
        run(tmp_path, sharded_work.nothing, [0], same | {"cell": {"name": "a", "edges": [1]}})
    with pytest.raises(LucioleError, match=r"it differs in a, b, more\); delete it to start anew"):
        run(tmp_path, sharded_work.nothing, [0], same | {"a": 1, "b": 2, "more": 3})
    with pytest.raises(LucioleError, match=r"it differs in path\)"):
        run(tmp_path, sharded_work.nothing, [0], {key: value for key, value in same.items() if key != "path"})
    with pytest.raises(LucioleError, match="expected tasks and plans of numbers, text, .* got <class"):
        run(tmp_path / "class", sharded_work.nothing, [Cell])


@pytest.mark.parametrize(("count", "more"), [(1, ""), (3, ""), (4, " and 1 more"), (6, " and 3 more")])
def test_what_is_set_aside_is_named_up_to_three(tmp_path, caplog, count, more):
    run(tmp_path / "toy")
    for number in range(count):
        shards.shard_path(tmp_path / "toy", number).write_bytes(b"")
    assert run(tmp_path / "toy") == 6
    (said,) = caplog.messages
    assert said.startswith("toy: set aside and done again: shard-000000.npz (broken: ") and said.endswith(")" + more)
    assert said.count(".npz (broken") == min(count, 3)
    assert len(list((tmp_path / "toy").glob("refused-shard-*.npz"))) == count


def test_shards_of_two_plans_are_not_put_together(tmp_path):
    run(tmp_path / "one")
    run(tmp_path / "two", plan={"seed": 1})
    shutil.copy(tmp_path / "two" / "shard-000003.npz", tmp_path / "one")
    with pytest.raises(LucioleError, match="shard-00000[0-9].npz and shard-00000[0-9].npz are of different plans"):
        load_shards(tmp_path / "one")
    run(tmp_path / "three", plan={"seed": 2})
    shutil.copy(tmp_path / "three" / "shard-000004.npz", tmp_path / "one")
    with pytest.raises(LucioleError, match="are of different plans; run again, which sets the wrong one aside"):
        load_shards(tmp_path / "one")
    assert load_shards(tmp_path / "nowhere") == {}


def test_a_shard_holds_what_the_work_gave_and_nothing_else(tmp_path):
    run(tmp_path, tasks=[7])
    (number, arrays), *others = load_shards(tmp_path).items()
    expected = sharded_work.square(7)
    assert number == 0 and not others and set(arrays) == set(expected)
    assert {name: value.dtype for name, value in arrays.items()} == {
        name: np.asarray(value).dtype for name, value in expected.items()
    }


def test_numbers_beyond_six_digits_are_numbers_too(tmp_path):
    run(tmp_path, tasks=[7])
    assert shards.shard_path(tmp_path, 5).name == "shard-000005.npz"
    path = shards.shard_path(tmp_path, 1_234_567)
    assert path.name == "shard-1234567.npz"
    shutil.copy(shards.shard_path(tmp_path, 0), path)
    with pytest.raises(LucioleError, match="shard-1234567.npz is the shard of task 0"):
        load_shards(tmp_path)


@pytest.mark.parametrize("number", [-1, 6, 60])
def test_only_tasks_of_the_plan_are_restored(tmp_path, number):
    with pytest.raises(LucioleError, match=f"expected the number of one of 6 tasks, got {number}"):
        restore_shards(sharded_work.square, TASKS, tmp_path, {number: {"value": np.zeros(1)}}, plan={"seed": 0})
    known = {0: {"value": np.zeros(1)}, 5: {"value": np.ones(1)}}
    assert restore_shards(sharded_work.square, TASKS, tmp_path, known, plan={"seed": 0}) == 2
    assert load_shards(tmp_path)[5]["value"] == 1


def test_no_worker_is_one_too_few(tmp_path):
    with pytest.raises(LucioleError, match="expected at least one worker, got 0"):
        run(tmp_path, workers=0)
    assert not list(tmp_path.iterdir())
