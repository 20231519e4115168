"""A Dask cluster as the page *How to rerun it* starts it, on loopback, with real processes."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from luciole import files
from luciole.shards import load_shards, run_shards

sys.path.insert(0, str(Path(__file__).parent))

import sharded_work

RUN = """
import sys
from pathlib import Path
import sharded_work
from luciole import cli, experiments
from luciole.shards import run_shards

folder, work = Path(sys.argv[1]), getattr(sharded_work, sys.argv[2])
tasks = [(number, str(folder)) if work is sharded_work.note_and_wait else number for number in range(6)]

def fake(**options):
    run_shards(work, tasks, folder / "shards", plan={}, **options)

experiments.load = lambda name: fake
sys.argv[1:] = sys.argv[3:]
cli.main()
"""


def commands():
    """The page's commands, as lists of words: scheduler, worker, run."""
    page = (files.root() / "book" / "how_to_rerun.md").read_text(encoding="utf-8")
    (block,) = [text for text in re.findall(r"```\n(.*?)```", page, re.DOTALL) if "dask scheduler" in text]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    lines = block.replace("HOST", "127.0.0.1").replace("8786", port).replace("--nworkers 4", "--nworkers 1")
    return [shlex.split(re.sub(r"^(\w+=\S+ )?\.venv/bin/", "", line)) for line in lines.splitlines()]


@pytest.fixture
def cluster(tmp_path):
    """The scheduler and the arguments of `luciole run`, once scheduler and worker are started by the page's words."""
    pytest.importorskip("distributed")
    scheduler, worker, run = commands()
    assert (scheduler[:2], worker[:2], run[:2]) == (["dask", "scheduler"], ["dask", "worker"], ["luciole", "run"])
    paths = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "lib"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "LUCIOLE_CACHE": str(tmp_path / "cache")}
    keep = {"cwd": tmp_path, "env": environment, "stderr": subprocess.DEVNULL, "start_new_session": True}
    started = [
        subprocess.Popen([sys.executable, "-m", *scheduler, "--host", "127.0.0.1", "--no-dashboard"], **keep),
        subprocess.Popen([sys.executable, "-m", *worker, "--no-dashboard"], **keep),
    ]
    yield started[0], run[1:], environment
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def begin(folder, work, arguments, environment):
    words = [sys.executable, "-c", RUN, str(folder), work, *arguments]
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)


def test_the_commands_of_the_page_and_a_scheduler_that_ends(cluster, tmp_path):
    scheduler, arguments, environment = cluster
    whole = begin(tmp_path / "whole", "square", arguments, environment)
    assert whole.wait(120) == 0, whole.stderr.read()
    run_shards(sharded_work.square, list(range(6)), tmp_path / "here", plan={})
    there, here = load_shards(tmp_path / "whole" / "shards"), load_shards(tmp_path / "here")
    assert list(there) == list(here) == list(range(6))
    assert all((there[number]["value"] == here[number]["value"]).all() for number in here)
    assert all(shard["threads"] == 1 for shard in there.values())

    (tmp_path / "lost").mkdir()
    lost = begin(tmp_path / "lost", "note_and_wait", arguments, environment)
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "lost" / "shards").glob("shard-*.npz"))) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    scheduler.kill()
    said = lost.communicate(timeout=120)[1]
    assert lost.returncode == 1 and "Traceback" not in said
    address = arguments[-1]
    assert said.splitlines()[-1] == (
        f"luciole: the Dask scheduler at {address} has ended; start it and its workers; 5 of 6 shards of shards are "
        f"kept; run again to go on: luciole run {arguments[1]} --scheduler {address}"
    )
