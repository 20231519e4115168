"""Play a labelled recording to a recogniser, and judge what it said sample by sample, event by event.

>>> level = lambda windows: np.stack([-windows.mean((1, 2)), windows.mean((1, 2))], axis=1)
>>> truth = np.repeat([0, 1, 0], [40, 40, 40])
>>> heard = replay(Recogniser(level, channels=1, length=8, hop=2), np.where(truth, 1.0, -1.0)[:, None], step=1)
>>> judge([truth], [heard], ("rest", "walk"), hz=10.0).loc["walk", ["events", "recognised", "inserted"]].tolist()
[1, 1, 0]
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.sensors.events import compare, delays
from luciole.sensors.recogniser import Recogniser

UNKNOWN = -1  # label of samples that nobody labelled, or that no decision covers


def replay(recogniser: Recogniser, signal: NDArray, step: int = 1) -> NDArray[np.int64]:
    """Push a recording (time, channels) ``step`` samples at a time; return the class heard for each sample (time,).

    The recogniser is reset before. Samples after the last decision are -1.
    """
    if step < 1:
        raise LucioleError(f"expected a step of at least one sample, got {step}")
    recogniser.reset()
    events = []
    for first in range(0, len(signal), step):
        events += recogniser.push(signal[first : first + step])
    heard = np.full(len(signal), UNKNOWN, dtype=np.int64)
    for event in [*events, *recogniser.finish()]:
        heard[event.start : event.stop] = event.label
    return heard


def offline(recogniser: Recogniser, signal: NDArray) -> NDArray[np.int64]:
    """The same answers from windows cut beforehand, without the recogniser's own buffer: what it is checked against.

    Only for a recogniser that changes its class at once (``hold`` 1).
    """
    if recogniser.hold != 1:
        raise LucioleError(f"expected a recogniser that holds for 1 decision, got {recogniser.hold}")
    length, hop = recogniser.length, recogniser.hop
    heard = np.full(len(signal), UNKNOWN, dtype=np.int64)
    for start in range(0, len(signal) - length + 1, hop):
        window = (np.asarray(signal[start : start + length], np.float32) - recogniser.center) / recogniser.scale
        scores = np.asarray(recogniser.classifier(np.ascontiguousarray(window.T)[None]))
        heard[0 if start == 0 else start + length - hop : start + length] = int(scores[0].argmax())
    return heard


def judge(
    truth: Sequence[NDArray], heard: Sequence[NDArray], class_names: Sequence[str], hz: float, hold: int = 1
) -> pd.DataFrame:
    """One row a class over all recordings: shares of samples, F1, what became of the events, and delays in seconds.

    What was said where nobody labelled is not judged. Columns: ``precision``, ``recall``, ``f1`` of samples;
    ``events``, ``recognised``, ``deleted``, ``fragmented``, ``merged``, ``inserted`` (counts, see
    :class:`luciole.sensors.events.EventScores`); ``delay`` (median) and ``delay95`` (95th percentile) among the events
    that were recognised for ``hold`` samples in a row, and ``never``, the share that was not.
    """
    rows = {}
    for label, name in enumerate(class_names):
        totals: dict[str, int] = dict.fromkeys(
            ("correct", "positive", "said", "events", "recognised", "deleted", "fragmented", "merged", "inserted"), 0
        )
        waited = []
        for true, said in zip(truth, heard, strict=True):
            judged = np.where(true == UNKNOWN, UNKNOWN, said)
            scores = compare(true, judged, label)
            for key in totals:
                totals[key] += int((judged == label).sum()) if key == "said" else getattr(scores, key)
            waited.append(delays(np.where(true == label, label, UNKNOWN), judged, hold, ignore=UNKNOWN))
        wait = np.concatenate(waited) / hz
        known = wait[np.isfinite(wait)]
        rows[name] = {
            "precision": totals["correct"] / max(totals["said"], 1),
            "recall": totals["correct"] / max(totals["positive"], 1),
            "f1": 2 * totals["correct"] / max(totals["said"] + totals["positive"], 1),
            **{key: totals[key] for key in ("events", "recognised", "deleted", "fragmented", "merged", "inserted")},
            "delay": float(np.median(known)) if len(known) else np.nan,
            "delay95": float(np.quantile(known, 0.95)) if len(known) else np.nan,
            "never": 1 - len(known) / len(wait) if len(wait) else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
