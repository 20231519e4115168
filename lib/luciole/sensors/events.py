"""How well events in time were recognised: not only how many samples, but what became of each event.

A recogniser with 90 % of its samples right may have cut every walk in ten pieces. Ward, Lukowicz and Gellersen
("Performance metrics for activity recognition", ACM TIST 2011) cut the time line wherever a true or a
recognised event begins or ends and name each wrong piece by its neighbours:

* a false piece with no true positive beside it is an insertion, between two a merge, before or after one overfill;
* a missed piece with no true positive beside it is a deletion, between two a fragmentation, else underfill.

    >>> truth = np.array([0, 1, 1, 1, 1, 1, 0, 0, 0, 0])
    >>> guess = np.array([0, 0, 1, 0, 1, 1, 1, 0, 1, 0])
    >>> compare(truth, guess, label=1)
    EventScores(positive=5, negative=5, correct=3, deletion=0, fragmentation=1, underfill=1, insertion=1, merge=0, \
overfill=1, events=1, recognised=0, deleted=0, fragmented=1, merged=0, found=3, inserted=1)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError


@dataclass(frozen=True)
class Event:
    """A run of one class: samples ``start`` (included) to ``stop`` (not included)."""

    label: int
    start: int
    stop: int


@dataclass(frozen=True)
class EventScores:
    """The account of one class: samples by what they are, then events by what became of them."""

    positive: int  # samples of the class
    negative: int  # all others
    correct: int  # of the positive: recognised
    deletion: int  # of the positive: missed, in a piece without any true positive beside it
    fragmentation: int  # of the positive: missed between two true positives
    underfill: int  # of the positive: missed at an edge
    insertion: int  # of the negative: recognised without any true positive beside it
    merge: int  # of the negative: recognised between two true positives
    overfill: int  # of the negative: recognised at an edge
    events: int  # true events
    recognised: int  # true events found in one piece that belongs to them alone
    deleted: int  # true events of which no sample was recognised
    fragmented: int  # true events recognised in several pieces
    merged: int  # true events that share a recognised event with another
    found: int  # recognised events
    inserted: int  # recognised events without any true sample


def events_of(labels: NDArray, ignore: int | None = None) -> list[Event]:
    """Return the runs of equal labels in order, without those of the class ``ignore``.

    >>> events_of(np.array([2, 2, 0, 1, 1]), ignore=0)
    [Event(label=2, start=0, stop=2), Event(label=1, start=3, stop=5)]
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise LucioleError(f"expected one label a sample, shape (time,), got shape {labels.shape}")
    cuts = np.flatnonzero(np.diff(labels)) + 1
    starts, stops = np.concatenate([[0], cuts]), np.concatenate([cuts, [len(labels)]])
    runs = (Event(int(labels[a]), int(a), int(b)) for a, b in zip(starts, stops, strict=True) if b > a)
    return [run for run in runs if run.label != ignore]


def compare(truth: NDArray, guess: NDArray, label: int) -> EventScores:
    """Compare the events of one class in two label sequences of shape (time,).

    Raises LucioleError when their shapes differ or they are empty. Source: Ward et al. 2011, sections 3 and 4.
    """
    truth, guess = np.asarray(truth) == label, np.asarray(guess) == label
    if truth.shape != guess.shape or truth.ndim != 1 or not len(truth):
        raise LucioleError(f"expected two label sequences of one shape (time,), got {truth.shape} and {guess.shape}")
    kind = 2 * truth + guess  # 0 true negative, 1 false positive, 2 false negative, 3 true positive
    cuts = np.flatnonzero(np.diff(kind)) + 1
    pieces, lengths = kind[np.concatenate([[0], cuts])], np.diff(np.concatenate([[0], cuts, [len(kind)]]))
    before, after = np.append(0, pieces[:-1]) == 3, np.append(pieces[1:], 0) == 3
    beside = before.astype(int) + after

    def samples(piece: int, neighbours: int) -> int:
        return int(lengths[(pieces == piece) & (beside == neighbours)].sum())

    true_events, found_events = (_runs(each) for each in (truth, guess))
    overlaps = (true_events[:, None, 0] < found_events[None, :, 1]) & (
        found_events[None, :, 0] < true_events[:, None, 1]
    )  # (true, found)
    pieces_of_true = overlaps.sum(axis=1)
    trues_of_found = overlaps.sum(axis=0)
    shared = (overlaps & (trues_of_found > 1)).any(axis=1)
    return EventScores(
        positive=int(truth.sum()),
        negative=int((~truth).sum()),
        correct=int((truth & guess).sum()),
        deletion=samples(2, 0),
        fragmentation=samples(2, 2),
        underfill=samples(2, 1),
        insertion=samples(1, 0),
        merge=samples(1, 2),
        overfill=samples(1, 1),
        events=len(true_events),
        recognised=int(((pieces_of_true == 1) & ~shared).sum()),
        deleted=int((pieces_of_true == 0).sum()),
        fragmented=int((pieces_of_true > 1).sum()),
        merged=int(shared.sum()),
        found=len(found_events),
        inserted=int((trues_of_found == 0).sum()),
    )


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First and one past the last sample of each run of True: (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return edges.reshape(-1, 2)


def delays(truth: NDArray, guess: NDArray, hold: int = 1, ignore: int | None = None) -> NDArray[np.float64]:
    """Return, for each true event, the samples until its class was recognised and held; NaN where it never was.

    The delay runs from the event's first sample to the first of ``hold`` samples in a row, all within the
    event, that carry its label. Raises LucioleError for a hold below one.

    >>> delays(np.array([0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 1, 0, 0]), ignore=0)
    array([1.])
    """
    if hold < 1:
        raise LucioleError(f"expected to hold for at least one sample, got {hold}")
    guess = np.asarray(guess)
    waited = []
    for event in events_of(truth, ignore):
        runs = _runs(guess[event.start : event.stop] == event.label)
        held = runs[runs[:, 1] - runs[:, 0] >= hold]
        waited.append(float(held[0, 0]) if len(held) else np.nan)
    return np.array(waited)
