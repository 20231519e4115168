"""Finished pieces on disk, and the crew that does those that lack: in this process, or in several.

A piece is one file, written whole or not at all, that says which task of which run it is of. Whatever ends a run loses
what was in flight and nothing else; a file that is broken, or of another run, is done again.
"""

import hashlib
import json
import os
import signal
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from joblib.externals.loky import ProcessPoolExecutor

from luciole import files, lifeline
from luciole.design.tasks import DATA, Arrays, Task
from luciole.design.within import do
from luciole.devices.foretell import Limits
from luciole.errors import LucioleError
from luciole.workers import Failed, attempt, here

MARK = "which piece"
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Store:
    """The pieces of one run, in its folder."""

    def __init__(self, folder: Path, identity: dict[str, Any]):
        self.folder, self.identity = folder, identity
        self._held: dict[Task, Arrays] = {}

    def _mark(self, task: Task) -> str:
        return json.dumps({"run": self.identity, "task": task.told}, sort_keys=True)

    def path(self, task: Task) -> Path:
        """Where a piece is kept."""
        digest = hashlib.sha256(json.dumps(task.told, sort_keys=True).encode()).hexdigest()[:16]
        return self.folder / f"{task.kind}-{digest}.npz"

    def get(self, task: Task) -> Arrays | None:
        """A finished piece, or None."""
        if task not in self._held:
            try:
                with np.load(self.path(task), allow_pickle=False) as archive:
                    arrays = dict(archive)
            except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
                return None
            if str(arrays.pop(MARK, "")) != self._mark(task):
                return None
            self._held[task] = arrays
        return self._held[task]

    def put(self, task: Task, arrays: Arrays) -> None:
        """Keep a piece."""
        with files.atomic(self.path(task)) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays, **{MARK: np.array(self._mark(task))})
        self._held[task] = arrays


class Crew:
    """Whoever does the pieces of a store, with so many processes."""

    def __init__(self, store: Store, workers: int, limits: Limits):
        self.store, self.workers = store, workers
        self._executor: ProcessPoolExecutor | None = None
        self.work = partial(do, (store.folder / DATA).resolve(), limits)

    def do(self, tasks: Sequence[Task], begin: Callable[[Task], bool] = lambda task: True) -> Iterator[Task]:
        """Do the tasks that lack, in order, as long as ``begin`` allows, and give each one as it is finished.

        Raises LucioleError for a task that fails and for a process that is killed; what was finished is kept.
        """
        todo = [task for task in dict.fromkeys(tasks) if self.store.get(task) is None]
        if self.workers == 1:
            for task in todo:
                if begin(task):
                    ((_, outcome),) = here(self.work, [(0, task)])
                    yield self._keep(task, outcome)
            return
        yield from self._in_processes(todo, begin)

    def _in_processes(self, todo: list[Task], begin: Callable[[Task], bool]) -> Iterator[Task]:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                max_workers=self.workers, initializer=_begin, initargs=(os.getpid(),), env=_THREADS
            )
        running: dict[Future, Task] = {}
        waiting = iter(todo)
        try:
            while True:
                while len(running) < self.workers and (task := next(waiting, None)) is not None:
                    if begin(task):
                        running[self._executor.submit(attempt, self.work, 0, task)] = task
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield self._keep(running.pop(future), future.result()[1])
        except BrokenProcessPool as error:
            raise LucioleError("a process was killed (out of memory?); what was finished is kept") from error

    def _keep(self, task: Task, outcome: Arrays | Failed) -> Task:
        if isinstance(outcome, Failed):
            lacking = f" (the machine lacked {outcome.lacked})" if outcome.lacked else ""
            error = LucioleError(f"{outcome.reason}{lacking}; what was finished is kept")
            error.add_note(outcome.trace)
            raise error
        self.store.put(task, outcome)
        return task

    def dismiss(self) -> None:
        """End the processes, whatever they are doing."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None


def _begin(parent: int) -> None:
    """A process of the crew ends with its parent, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lifeline.follow(parent)
