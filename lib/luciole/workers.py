"""Where tasks are done: in this process, in processes of this machine, or on a Dask cluster; the same digits.

Each function takes a picklable ``work`` and an iterator of (number, task), asks for the next one only when there is
room for it, and yields (number, outcome) as tasks finish, in any order. A task that raises is an outcome too
(:class:`Failed`), so what is at work beside it is not lost. Every task runs with one thread, wherever it runs, because
the order of a sum depends on the number of threads.
"""

import logging
import os
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from luciole import lifeline
from luciole.errors import LucioleError, extra, lacked

Arrays = Mapping[str, NDArray]
CONNECT_SECONDS = 20  # how long a Dask scheduler may take to answer
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Failed:
    """A task that raised."""

    reason: str  # the error in one line
    lacked: str  # what the machine lacked, where that is why
    trace: str  # of the process that did it, for whoever looks for the fault


Outcome = tuple[int, Arrays | Failed]
Numbered = Iterable[tuple[int, Any]]


def attempt(work: Callable[[Any], Arrays], number: int, task: Any) -> Outcome:
    """Do one task with one thread, leaving the process's thread settings as they were."""
    try:
        with threadpool_limits(limits=1):
            return number, work(task)
    except Exception as error:
        return number, _failed(error)


def _failed(error: BaseException) -> Failed:
    said = str(error).strip().splitlines() or [""]
    trace = "".join(traceback.format_exception(error))
    return Failed(f"{type(error).__name__}: {said[0]}", lacked(error), trace)


def here(work: Callable[[Any], Arrays], todo: Numbered) -> Generator[Outcome]:
    """Do the tasks one after the other in this process."""
    for number, task in todo:
        with _pinned_environment():
            done = attempt(work, number, task)
        yield done


@contextmanager
def _pinned_environment() -> Iterator[None]:
    """A library that is first loaded inside (a task may import torch) finds one thread set."""
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


def in_processes(work: Callable[[Any], Arrays], todo: Numbered, count: int) -> Generator[Outcome]:
    """Do the tasks in ``count`` processes, which end with this one; LucioleError when one of them is killed.

    What a killed process was doing is lost, and with it what the others were doing then.
    """
    calls = (delayed(attempt)(work, number, task) for number, task in todo)
    options: dict[str, Any] = {"initializer": lifeline.follow, "initargs": (os.getpid(),), "max_nbytes": None}
    try:
        with parallel_config("loky", n_jobs=count, inner_max_num_threads=1, **options):
            finished = Parallel(return_as="generator_unordered", batch_size=1)(calls)
        with closing(finished):
            yield from finished
    except BrokenProcessPool as error:
        raise LucioleError("a worker was killed (out of memory?)") from error
    finally:  # kept warm, they would hold their memory, and know nothing of an environment changed since
        get_reusable_executor(reuse=True).shutdown(wait=True)


def on_cluster(work: Callable[[Any], Arrays], todo: Numbered, scheduler: str) -> Generator[Outcome]:
    """Do the tasks on the Dask cluster whose scheduler is at this address; a worker that dies has its tasks done again.

    Raises LucioleError when no scheduler answers, and when it ends during the work.
    """
    with extra("cluster"):
        from distributed import Client, as_completed
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise LucioleError(f"no Dask scheduler answers at {scheduler} ({error}); start one or correct it") from error
    waiting = iter(todo)
    with _quiet("distributed.client"), client:
        running: dict[Any, int] = {}
        finished = as_completed()

        def begin() -> None:
            # twice what the cluster can run: workers never wait for work, and the deadline is soon felt
            most = 2 * max(1, sum(client.nthreads().values()))
            while len(running) < most:
                number, task = next(waiting, (-1, None))
                if number < 0:
                    return
                future = client.submit(attempt, work, number, task, pure=False)
                running[future] = number
                finished.add(future)

        try:
            begin()
            while running:
                future = next(finished)
                number = running.pop(future)
                problem = future.exception()
                yield future.result() if problem is None else (number, _failed(problem))
                future.release()
                begin()
        except (OSError, CancelledError) as error:
            raise LucioleError(f"the Dask scheduler at {scheduler} has ended; start it and its workers") from error


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """A logger of this name says nothing inside: what it would log as a traceback is told in one line."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
