"""Long computations in pieces: resumable, over processes or a Dask cluster, with the same digits either way.

An experiment is a function of a task and a list of tasks. Each finished task is one small file, written whole
or not at all, so a run that is killed loses only what was in flight::

    run_shards(score_some_cells, tasks, folder, plan={"seed": 0}, workers=2)
    pieces = load_shards(folder)

Each file says which task of which plan it is. One that is broken, or is of another task or plan, is set aside under a
name that nothing reads, and its task is done again.
"""

import json
import logging
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from luciole import files
from luciole.errors import LucioleError
from luciole.locks import held
from luciole.workers import Arrays, Failed, Outcome, here, in_processes, on_cluster

log = logging.getLogger("luciole")

Task = TypeVar("Task")

MARK = "which shard"  # name of the array, in the file, that says which task of which plan the others are of


class Unfinished(LucioleError):
    """A run that ended before its end: why, what is kept, and that the same run goes on from there."""


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

    ``work`` and the tasks must be picklable when there are several workers; tasks are numbers, text, or lists, tuples,
    dictionaries and dataclasses of these. ``plan`` (JSON) says everything that decides the numbers: a folder that was
    begun under another plan, or with another work, is refused. ``scheduler`` is the address of a Dask cluster, which is
    then used instead of processes here; a cluster worker that dies has its tasks done by another. After ``seconds`` no
    new task is begun.

    Raises LucioleError for another plan's folder, one that another run holds, and bad numbers; :class:`Unfinished` for
    a killed worker, a scheduler that ends, or a task that fails (naming it, once what is at work beside it is
    finished): what was finished stays.
    """
    if workers < 1:
        raise LucioleError(f"expected at least one worker, got {workers}")
    with held(folder, _called(folder)):
        marks = _settle(work, tasks, folder, plan)
        todo = [number for number in range(len(tasks)) if not shard_path(folder, number).exists()]
        deadline = time.monotonic() + seconds if seconds is not None else float("inf")
        failures: list[LucioleError] = []

        def begin() -> Iterator[tuple[int, Task]]:
            for number in todo:
                if failures or time.monotonic() >= deadline:
                    return
                yield number, tasks[number]

        with tqdm(total=len(tasks), initial=len(tasks) - len(todo), desc=_called(folder), unit="shard") as bar:
            try:
                with closing(_outcomes(work, begin(), workers, scheduler)) as outcomes:
                    for number, outcome in outcomes:
                        if isinstance(outcome, Failed):
                            failures.append(_failure(number, outcome))
                            continue
                        _write(shard_path(folder, number), outcome, marks[number])
                        bar.update()
            except LucioleError as error:
                failures.append(error)
        done = sum(shard_path(folder, number).exists() for number in range(len(tasks)))
    kept = f"{done} of {len(tasks)} shards of {_called(folder)} are kept; run again to go on"
    if failures:
        raise Unfinished(f"{failures[0]}; {kept}") from failures[0]
    if done < len(tasks):
        log.warning("the time is up: %s", kept)
    return done


def restore_shards(
    work: Callable[[Task], Arrays],
    tasks: Sequence[Task],
    folder: Path,
    known: Mapping[int, Arrays],
    *,
    plan: Mapping[str, Any],
) -> int:
    """Write what tasks are ``known`` to give, by number, as shards for a run in ``folder`` to go on from.

    The caller answers for the arrays being those that ``work`` would give under this ``plan``. A shard that is there
    already stays. Returns how many were written.

    Raises LucioleError for another plan's folder, and for a number that is no task's.
    """
    written = 0
    with held(folder, _called(folder)):
        marks = _settle(work, tasks, folder, plan)
        for number, arrays in known.items():
            if not 0 <= number < len(tasks):
                raise LucioleError(f"expected the number of one of {len(tasks)} tasks, got {number}")
            if not shard_path(folder, number).exists():
                _write(shard_path(folder, number), arrays, marks[number])
                written += 1
    return written


def load_shards(folder: Path) -> dict[int, dict[str, NDArray]]:
    """Return the finished shards by task number.

    Raises LucioleError for a file that is no shard, or that is one of another task or plan than its place says.
    """
    shards, plans = {}, {}
    for path in sorted(folder.glob("shard-*.npz")):
        try:
            mark, shards[_number(path)] = _read(path)
        except _Refused as reason:
            raise LucioleError(f"{path} is not a shard ({reason}); delete it and run again") from reason
        plans[_text(mark["plan"])] = path
        if mark["number"] != _number(path):
            raise LucioleError(f"{path} is the shard of task {mark['number']}; delete it and run again")
    if len(plans) > 1:
        one, other = list(plans.values())[:2]
        raise LucioleError(f"{one} and {other.name} are of different plans; run again, which sets the wrong one aside")
    return shards


def _called(folder: Path) -> str:
    """A folder's name for people: its place in the cache, which experiments name after themselves."""
    cache = files.cache().resolve()
    inside = folder.resolve().is_relative_to(cache) and folder.resolve() != cache
    return folder.resolve().relative_to(cache).as_posix() if inside else folder.name


def shard_path(folder: Path, number: int) -> Path:
    """Where the shard of task ``number`` is kept."""
    return folder / f"shard-{number:06d}.npz"


def _outcomes(
    work: Callable[[Task], Arrays], todo: Iterator[tuple[int, Task]], count: int, scheduler: str | None
) -> Generator[Outcome]:
    if scheduler is not None:
        return on_cluster(work, todo, scheduler)
    return here(work, todo) if count == 1 else in_processes(work, todo, count)


def _failure(number: int, failed: Failed) -> LucioleError:
    said = f"task {number} failed: {failed.reason}"
    if failed.lacked:
        said += f" (the machine lacked {failed.lacked}: give it more, or fewer workers)"
    error = LucioleError(said)
    error.add_note(failed.trace)  # for whoever looks for the fault; the command line prints the line alone
    return error


class _Refused(Exception):
    """Why a file is not the shard that its name says."""


def _settle(work: Callable, tasks: Sequence, folder: Path, plan: Mapping[str, Any]) -> list[str]:
    """Make ``folder`` one of this plan or refuse it, set aside what is no shard of it, and return all tasks' marks."""
    while isinstance(work, partial):
        work = work.func
    named = f"{work.__module__}.{getattr(work, '__qualname__', type(work).__qualname__)}"
    stated = json.loads(_text({"tasks": len(tasks), "work": named, **plan}))
    marks = [_text({"plan": stated, "number": number, "task": task}) for number, task in enumerate(tasks)]
    seen, refused = [], {}
    for path in sorted(folder.glob("shard-*.npz")):
        try:
            number = _number(path)
            mark = _read(path)[0]
            seen.append(mark["plan"])
            if number >= len(tasks):
                raise _Refused(f"beyond the {len(tasks)} tasks of the plan")
            if _text(mark) != marks[number]:
                raise _Refused("of another plan" if _text(mark["plan"]) != _text(stated) else "of another task")
        except _Refused as reason:
            refused[path] = reason
    _keep_plan(folder, stated, seen)
    for path in refused:
        path.replace(path.with_name(f"refused-{path.name}"))
    if refused:
        names = ", ".join(f"{path.name} ({reason})" for path, reason in list(refused.items())[:3])
        more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
        log.warning("%s: set aside and done again: %s%s", _called(folder), names, more)
    return marks


def _keep_plan(folder: Path, plan: dict[str, Any], seen: list[dict[str, Any]]) -> None:
    """Write down the plan of ``folder``, or refuse it as another's: the record says, and without it the shards do."""
    record = folder / "plan.json"
    begun = _recorded(record)
    if begun is not None and "work" not in begun:  # by an earlier version, whose shards say nothing
        begun = {**begun, "work": plan["work"]}
    if begun is None and seen:  # the record is gone or broken, but the shards know
        begun = plan if plan in seen else seen[0]
    if begun not in (None, plan):
        differing = ", ".join(sorted(key for key in {*begun, *plan} if begun.get(key) != plan.get(key)))
        raise LucioleError(
            f"{folder} was begun under another plan (it differs in {differing}); delete it to start anew"
        )
    text = json.dumps(plan, indent=1, sort_keys=True)
    if not record.exists() or record.read_bytes() != text.encode():
        with files.atomic(record) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _recorded(record: Path) -> dict[str, Any] | None:
    try:
        plan = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        plan = None
    if not isinstance(plan, dict):
        log.warning("%s could not be read and is written again", record)
        return None
    return plan


def _write(path: Path, arrays: Arrays, mark: str) -> None:
    with files.atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays, **{MARK: np.array(mark)})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """What a shard says of itself, and its arrays."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
        mark = json.loads(str(arrays.pop(MARK)))
        if {*mark} != {"plan", "number", "task"}:
            raise ValueError("it does not say of what")
    except KeyError:
        raise _Refused("of an earlier version, which did not say of what") from None
    except (OSError, EOFError, ValueError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise _Refused(f"broken: {error}") from error
    return mark, arrays


def _number(path: Path) -> int:
    digits = re.fullmatch(r"shard-(\d{6,})", path.stem)
    if digits is None:
        raise _Refused("its name has no number")
    return int(digits[1])


def _text(value: Any) -> str:
    """One text for one value, whatever the order of keys, and whether numbers are Python's or NumPy's."""
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: asdict(value)}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise LucioleError(f"expected tasks and plans of numbers, text, lists and dataclasses of these, got {value!r}")
