"""Workers end with their parent, whatever ends it, and what is said then is one line; with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from luciole.errors import LucioleError
from luciole.locks import held
from luciole.shards import load_shards

HERE = Path(__file__).parent
RUN = """
import signal
import sys
from pathlib import Path
import sharded_work
from luciole import cli, experiments
from luciole.shards import run_shards

FOLDER = sys.argv[1]

def fake(workers, scheduler, seconds):
    tasks = [(number, FOLDER) for number in range(6)]
    run_shards(sharded_work.note_and_wait, tasks, Path(FOLDER) / "shards", plan={}, workers=workers)

experiments.load = lambda name: fake
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal: a shell's background job ignores it
sys.argv[1:] = ["run", "nb201/scores", "--workers", "2"]
cli.main()
"""


def wait_for(what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    return what()


@pytest.fixture
def running(tmp_path):
    """`luciole run` with two workers, five tasks of six done, its workers and the file with what it says."""
    paths = os.pathsep.join([str(HERE), str(HERE.parent / "lib"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "LUCIOLE_CACHE": str(tmp_path / "cache")}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path)], stderr=said, env=environment, start_new_session=True
        )
    assert wait_for(lambda: len(list((tmp_path / "shards").glob("shard-*.npz"))) == 5)
    yield process, tmp_path
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL", "SIGINT of all"])
def test_workers_end_with_the_run(running, how):
    process, folder = running
    pids = [int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*")]
    children = psutil.Process(process.pid).children(recursive=True)
    assert pids and set(pids) <= {child.pid for child in children}
    if how == "SIGINT of all":  # Ctrl-C reaches every process of a terminal
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(getattr(signal, how))
    process.wait(30)
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    assert len(load_shards(folder / "shards")) == 5
    said = (folder / "said").read_text()
    assert "Traceback" not in said
    if how != "SIGKILL":
        assert process.returncode == 1
        assert said.splitlines()[-1].startswith("luciole: stopped; what was finished is kept; run again to go on: ")
        assert said.splitlines()[-1].endswith("luciole run nb201/scores --workers 2")


def test_a_killed_worker_is_one_line_with_the_command_that_goes_on(running):
    process, folder = running
    for child in psutil.Process(process.pid).children(recursive=True):
        if (folder / f"pid-{child.pid}").exists():
            child.kill()
    assert process.wait(60) == 1
    said = (folder / "said").read_text()
    assert "Traceback" not in said
    assert said.splitlines()[-1] == (
        "luciole: a worker was killed (out of memory?); 5 of 6 shards of shards are kept; "
        "run again to go on: luciole run nb201/scores --workers 2"
    )


def test_the_second_run_says_who_holds_the_first_and_a_dead_one_holds_nothing(running):
    process, folder = running
    places = {
        folder / "shards": "shards",
        folder / "cache" / "running" / "nb201" / "scores": "luciole run nb201/scores",
    }
    for place, what in places.items():
        with pytest.raises(LucioleError, match=f"process {process.pid} on .*, since 20") as caught, held(place, what):
            pass
        assert str(caught.value).startswith(f"{what} is at work already") and "\n" not in str(caught.value)
    process.kill()
    process.wait()
    for place, what in places.items():
        with held(place, what):
            assert f"process {os.getpid()} " in (place / ".held-by").read_text()
        assert not (place / ".held-by").exists()
