"""From recordings to a folder: read, part, spend the minutes, write.

    outcome = design(Settings("path/to/recordings", "mine", minutes=20, macs=50_000))
    print(outcome.leaderboard)

The same call goes on where an earlier one was stopped, by whatever it was.
"""

import hashlib
import inspect
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from luciole import datasets, files
from luciole.datasets.dataset import Dataset
from luciole.design import candidates, card, compiling, page, within
from luciole.design.clock import Clock, words
from luciole.design.contest import Contest
from luciole.design.course import Course
from luciole.design.deliver import deliver
from luciole.design.outcome import Outcome
from luciole.design.parts import part
from luciole.design.pieces import Crew, Store
from luciole.design.settings import WORK, Settings, check
from luciole.design.tasks import DATA, keep
from luciole.errors import LucioleError
from luciole.locks import held

LEAST = 24  # windows that there must be
PUBLIC = {"window": "seconds"}  # what loaders of public data sets call an option


def read(recordings: str, options: Mapping[str, Any]) -> Dataset:
    """Read recordings, or a data set by its name, with options named as those of a reading.

    Raises LucioleError for an option that a public data set has not.

    >>> read("seglearn", {"window": 5.12, "overlap": 0.0}).length
    256
    """
    if recordings not in datasets.DATASETS:
        return datasets.load(recordings, **options)
    known = inspect.signature(datasets.DATASETS[recordings]).parameters
    named = {PUBLIC.get(name, name): value for name, value in options.items()}
    if unknown := [name for name, to in zip(options, named, strict=True) if to not in known]:
        takes = " and ".join(name for name in ("window", "overlap") if PUBLIC.get(name, name) in known)
        raise LucioleError(
            f"{recordings} is a public data set and takes {takes or 'no option'}; drop {', '.join(unknown)}"
        )
    return datasets.load(recordings, **named)


def usable(dataset: Dataset) -> None:
    """Refuse what no design can be made of.

    Raises LucioleError for images, a single class, and too few windows.
    """
    if dataset.X.ndim != 3:
        raise LucioleError(f"{dataset.name}: expected windows of sensors, got images; they are for the other chapters")
    present = np.unique(dataset.y)
    if len(present) < 2:
        only = dataset.class_names[int(present[0])]
        raise LucioleError(f"{dataset.name}: expected two classes or more, got only {only!r}; record another activity")
    if len(dataset) < LEAST:
        raise LucioleError(f"{dataset.name}: expected at least {LEAST} windows, got {len(dataset)}; record more")
    if not np.ptp(dataset.X, axis=(0, 2)).any():
        raise LucioleError(f"{dataset.name}: expected a channel that changes, got none; is the sensor connected?")


def fingerprint(dataset: Dataset) -> str:
    """A digest of all that decides numbers in a data set."""
    digest = hashlib.sha256(repr((dataset.X.shape, dataset.class_names, dataset.channel_names, dataset.hz)).encode())
    for array in (dataset.X, dataset.y, dataset.subject, dataset.recording, dataset.official):
        digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def design(settings: Settings, tell: Callable[[str], None] = print) -> Outcome:
    """Make a network for the recordings that ``settings`` name, write its folder, and return what was found.

    ``tell`` takes a line of progress. Raises LucioleError, one line, for recordings that cannot be read or used, a
    limit below the smallest design, and a folder that cannot be written or is another's; what was finished is kept.
    """
    began = time.monotonic()
    out = Path(settings.out)
    check(out)
    dataset = read(settings.recordings, settings.options)
    usable(dataset)
    for line in dataset.describe().splitlines():
        tell(line)
    shape = dataset.channels, dataset.classes, dataset.length
    within.check(settings.limits, *shape)
    least = candidates.smallest(*shape)
    macs = settings.macs if settings.macs is not None else within.most(settings.limits, least)
    limit = candidates.limit(macs, *shape)
    parts = part(dataset, settings.seed)
    for line in parts.said:
        tell(line)
    tell(f"at most {limit:,} multiply-accumulates a window; the smallest design takes {least:,}")
    data = fingerprint(dataset)
    began += compiling.ahead(tell)
    with held(out / WORK, "luciole design"):
        settings.settle(data, {"read": dataset.describe(), "limit": limit})
        keep(out / WORK / DATA, dataset, parts.benches)
        store = Store(out / WORK, settings.identity(data))
        crew = Crew(store, settings.workers, settings.limits)
        clock = Clock(out / WORK / "spent.json", settings.minutes, began)
        course = Course(dataset, parts, limit, settings, store, crew, clock, tell)
        contest = Contest(course)
        try:
            course.run()
            contest.hold()
        finally:
            crew.dismiss()
            clock.note()
        outcome = Outcome(contest)
        _write(outcome, out, settings.command())
        clock.note()
    tell(f"{words(clock.spent)} of {words(clock.total)} minutes; {out / 'report.html'}: {card.estimate(outcome)}")
    return outcome


def _write(outcome: Outcome, out: Path, command: str) -> None:
    delivered = deliver(outcome, out)
    texts = {
        "card.md": card.write(outcome, delivered),
        "report.html": page.write(outcome, delivered, command),
        "leaderboard.csv": outcome.leaderboard.to_csv(index=False),
    }
    for name, text in texts.items():
        with files.atomic(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
