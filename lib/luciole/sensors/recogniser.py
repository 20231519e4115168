"""A recogniser that is fed a stream and answers with events, the same as on windows cut beforehand.

>>> mean_sign = lambda windows: np.stack([-windows.mean((1, 2)), windows.mean((1, 2))], axis=1)
>>> recogniser = Recogniser(mean_sign, channels=1, length=4, hop=2)
>>> recogniser.push(np.array([[-1.0], [-1], [-1]]))
[]
>>> recogniser.push(np.array([[-1.0], [2], [2], [2], [2]]))
[Event(label=0, start=0, stop=4)]
>>> recogniser.finish()
[Event(label=1, start=4, stop=8)]
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError
from luciole.sensors.events import Event

BLOCK = 1024  # samples taken in at once

Classifier = Callable[[NDArray[np.float32]], ArrayLike]  # windows (n, channels, length) -> scores (n, classes)


class Recogniser:
    """Classify a window every ``hop`` samples and report an event when its class ends.

    classifier: maps windows (n, channels, length) to scores (n, classes), such as a network or an ONNX session.
    channels, length: of a window. hop: samples from one window to the next.
    center, scale: normalisation a channel, fitted on the training part, applied to what is pushed.
    hold: decisions in a row that must agree before the class changes (1: at once).

    A decision made at the end of a window is the label of the ``hop`` samples that end it (of the whole first
    window), until the next one; with ``hold`` above 1, of no sample before the first of the agreeing decisions.
    Nothing about the future is used: the delay is what :func:`luciole.sensors.events.delays` measures.
    Raises LucioleError for sizes below one, or samples of another shape, or that are not finite.
    """

    def __init__(
        self,
        classifier: Classifier,
        channels: int,
        length: int,
        hop: int,
        center: ArrayLike = 0.0,
        scale: ArrayLike = 1.0,
        hold: int = 1,
    ):
        for name, value in (("channels", channels), ("length", length), ("hop", hop), ("hold", hold)):
            if value < 1:
                raise LucioleError(f"expected {name} of at least 1, got {value}")
        if hop > length:
            raise LucioleError(
                f"expected a hop within the window of {length} samples, got {hop}; samples would be lost"
            )
        self.classifier, self.channels, self.length, self.hop, self.hold = classifier, channels, length, hop, hold
        self.center = np.broadcast_to(np.asarray(center, dtype=np.float32), (channels,))
        self.scale = np.broadcast_to(np.asarray(scale, dtype=np.float32), (channels,))
        self.reset()

    def reset(self) -> None:
        """Forget the stream: the next sample pushed is sample 0."""
        self._buffer = np.empty((self.length + BLOCK, self.channels), dtype=np.float32)  # normalised
        self._filled = 0  # rows of it in use; they begin with the next window
        self._decided = 0  # samples that have a decision
        self._pending: list[int] = []  # the last decisions, which do not agree yet with the class in force
        self._event: Event | None = None  # still open; its stop is where it is known to last

    @property
    def current(self) -> int | None:
        """The class in force now, or None before the first decision."""
        return None if self._event is None else self._event.label

    def push(self, samples: ArrayLike) -> list[Event]:
        """Take samples of shape (n, channels) and return the events that ended, in order.

        Sample numbers count from the start of the stream. How the stream is cut into pushes changes nothing.
        """
        new = np.asarray(samples, dtype=np.float32)
        if new.ndim != 2 or new.shape[1] != self.channels:
            raise LucioleError(f"expected samples of shape (n, {self.channels}), got {new.shape}")
        if not np.isfinite(new).all():
            place = int(np.argwhere(~np.isfinite(new))[0, 0])
            raise LucioleError(f"sample {place} of this push is not finite; fill or drop missing values before pushing")
        new = (new - self.center) / self.scale
        events = []
        for first in range(0, len(new), BLOCK):
            events += self._take(new[first : first + BLOCK])
        return events

    def _take(self, block: NDArray[np.float32]) -> list[Event]:
        """Put at most ``BLOCK`` normalised samples behind those waiting, and decide on the windows that are full."""
        self._buffer[self._filled : self._filled + len(block)] = block
        self._filled += len(block)
        if self._filled < self.length:
            return []
        count = (self._filled - self.length) // self.hop + 1
        views = np.lib.stride_tricks.sliding_window_view(self._buffer[: self._filled], self.length, axis=0)
        windows = np.ascontiguousarray(views[: count * self.hop : self.hop])  # (count, channels, length)
        decisions = np.asarray(self.classifier(windows)).argmax(axis=1)
        rest = self._buffer[count * self.hop : self._filled].copy()
        self._filled = len(rest)
        self._buffer[: self._filled] = rest
        return [event for decision in decisions.tolist() for event in self._decide(decision)]

    def finish(self) -> list[Event]:
        """End the stream: return the event that was still open, and forget the stream."""
        event = self._event
        self.reset()
        return [] if event is None else [event]

    def _decide(self, label: int) -> list[Event]:
        start = self._decided
        self._decided = start + self.hop if start else self.length
        if self._event is None:
            self._event = Event(label, 0, self._decided)
            return []
        if label == self._event.label:
            self._pending.clear()
            self._event = Event(label, self._event.start, self._decided)
            return []
        if self._pending and self._pending[-1] != label:
            self._pending.clear()
        self._pending.append(label)
        if len(self._pending) < self.hold:
            self._event = Event(self._event.label, self._event.start, self._decided)
            return []
        begun = self._decided - self.hold * self.hop
        ended = Event(self._event.label, self._event.start, begun)
        self._pending.clear()
        self._event = Event(label, begun, self._decided)
        return [ended]
