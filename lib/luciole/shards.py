"""Long computations in pieces: resumable, over processes or a Dask cluster, with the same digits either way.

An experiment is a function of a task and a list of tasks. Each finished task is one small file, written whole
or not at all, so a run that is killed loses only what was in flight::

    run_shards(score_some_cells, tasks, folder, plan={"seed": 0}, workers=2)
    pieces = load_shards(folder)

Every task runs with one thread, wherever it runs, because the order of a sum depends on the number of threads.
"""

import json
import multiprocessing
import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from luciole import files
from luciole.errors import LucioleError

Task = TypeVar("Task")
Arrays = Mapping[str, NDArray]

CONNECT_SECONDS = 20  # how long a Dask scheduler may take to answer
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run_shards(
    work: Callable[[Task], Arrays],
    tasks: Sequence[Task],
    folder: Path,
    *,
    plan: Mapping[str, Any],
    workers: int = 1,
    scheduler: str | None = None,
    seconds: float | None = None,
) -> int:
    """Run ``work`` on every task that ``folder`` holds no shard of, and return how many shards there are then.

    ``work`` and the tasks must be picklable when there are several workers. ``plan`` (JSON) says everything
    that decides the numbers: a folder that was begun under another plan is refused. ``scheduler`` is the
    address of a Dask cluster, which is then used instead of processes here; a cluster worker that dies has its
    tasks done by another. After ``seconds`` no new task is begun.

    Raises LucioleError for another plan's folder, bad numbers, a killed worker, or a task that fails (naming
    it); what was finished before stays.
    """
    if workers < 1:
        raise LucioleError(f"expected at least one worker, got {workers}")
    _keep_plan(folder, {"tasks": len(tasks), **plan})
    todo = [number for number in range(len(tasks)) if not shard_path(folder, number).exists()]
    deadline = time.monotonic() + seconds if seconds is not None else float("inf")
    if scheduler is not None:
        finished = _on_cluster(work, tasks, todo, scheduler, deadline)
    elif workers == 1:
        finished = _here(work, tasks, todo, deadline)
    else:
        finished = _in_processes(work, tasks, todo, workers, deadline)
    with tqdm(total=len(tasks), initial=len(tasks) - len(todo), desc=folder.name, unit="shard") as bar:
        for number, arrays in finished:
            with files.atomic(shard_path(folder, number)) as temporary:
                np.savez_compressed(temporary, allow_pickle=False, **arrays)
            bar.update()
    return sum(shard_path(folder, number).exists() for number in range(len(tasks)))


def load_shards(folder: Path) -> dict[int, dict[str, NDArray]]:
    """Return the finished shards by task number; LucioleError names a file that is not one."""
    shards = {}
    for path in sorted(folder.glob("shard-*.npz")):
        try:
            with np.load(path, allow_pickle=False) as archive:
                shards[int(path.stem.removeprefix("shard-"))] = dict(archive)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise LucioleError(f"{path} is not a shard ({error}); delete it and run again") from error
    return shards


def shard_path(folder: Path, number: int) -> Path:
    """Where the shard of task ``number`` is kept."""
    return folder / f"shard-{number:06d}.npz"


def _keep_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    record = folder / "plan.json"
    text = json.dumps(plan, indent=1, sort_keys=True)
    if record.exists():
        begun = record.read_text(encoding="utf-8")
        if begun != text:
            old, new = json.loads(begun), json.loads(text)
            differing = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
            raise LucioleError(
                f"{folder} was begun under another plan (it differs in {', '.join(differing)}); delete it to start anew"
            )
        return
    with files.atomic(record) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _once(work: Callable[[Task], Arrays], task: Task) -> Arrays:
    """Do one task with one thread, leaving the process's thread settings as they were."""
    with threadpool_limits(limits=1), _one_torch_thread():
        return work(task)


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    torch = sys.modules.get("torch")  # a task that first imports torch inside is pinned by the environment
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _failed(number: int, error: BaseException) -> LucioleError:
    return LucioleError(f"task {number} failed: {type(error).__name__}: {error}; finished shards are kept")


def _killed() -> LucioleError:
    return LucioleError("a worker was killed (out of memory?); run again to go on from here")


def _here(
    work: Callable[[Task], Arrays], tasks: Sequence[Task], todo: list[int], deadline: float
) -> Iterator[tuple[int, Arrays]]:
    for number in todo:
        if time.monotonic() >= deadline:
            return
        try:
            arrays = _once(work, tasks[number])
        except Exception as error:
            raise _failed(number, error) from error
        yield number, arrays


@contextmanager
def _pinned_environment() -> Iterator[None]:
    """Processes started inside see one thread, whatever they import."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _in_processes(
    work: Callable[[Task], Arrays], tasks: Sequence[Task], todo: list[int], workers: int, deadline: float
) -> Iterator[tuple[int, Arrays]]:
    # spawn, not fork: a forked torch may hang, and a fresh process reads the pinned environment
    context = multiprocessing.get_context("spawn")
    waiting = iter(todo)
    with _pinned_environment(), ProcessPoolExecutor(workers, mp_context=context) as pool:
        running: dict[Future[Arrays], int] = {}
        failure: LucioleError | None = None
        while True:
            while failure is None and len(running) < 2 * workers and time.monotonic() < deadline:
                number = next(waiting, None)
                if number is None:
                    break
                try:
                    running[pool.submit(_once, work, tasks[number])] = number
                except BrokenProcessPool:  # noticed here before any result was asked for
                    failure = _killed()
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                number = running.pop(future)
                problem = future.exception()
                if problem is None:
                    yield number, future.result()
                elif isinstance(problem, BrokenProcessPool):
                    failure = _killed()
                else:
                    failure = failure or _failed(number, problem)
        if failure is not None:  # raised last: what was in flight beside the failing task is kept too
            raise failure


def _on_cluster(
    work: Callable[[Task], Arrays], tasks: Sequence[Task], todo: list[int], scheduler: str, deadline: float
) -> Iterator[tuple[int, Arrays]]:
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise LucioleError("a Dask scheduler needs the extra: pip install 'luciole[cluster]'") from None
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except OSError as error:
        raise LucioleError(f"no Dask scheduler answers at {scheduler} ({error}); start one or correct it") from error
    waiting = iter(todo)
    with client:
        running: dict[Any, int] = {}
        finished = as_completed()

        def begin() -> None:
            # twice what the cluster can run: workers never wait for work, and the deadline is soon felt
            most = 2 * max(1, sum(client.nthreads().values()))
            while len(running) < most and time.monotonic() < deadline:
                number = next(waiting, None)
                if number is None:
                    return
                future = client.submit(_once, work, tasks[number], pure=False)
                running[future] = number
                finished.add(future)

        begin()
        while running:
            future = next(finished)
            number = running.pop(future)
            problem = future.exception()
            if problem is not None:
                raise _failed(number, problem) from problem
            yield number, future.result()
            future.release()
            begin()
