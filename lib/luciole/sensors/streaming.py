"""Train for continuous recordings: choose on some people how long to wait, then hear others sample by sample.

What :mod:`luciole.sensors.recogniser` gives is put together here: windows train a network, the file that is deployed
recognises, and the recordings of people never seen are played to it::

    heard = hear(windows, splits.by_subject(windows, seed=0), recordings, build, settings, hop=32)
    table = judge(heard.truth, heard.said, windows.class_names, hz=50.0, hold=32)
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.datasets.splits import Split
from luciole.errors import LucioleError
from luciole.sensors.deploy import Runtime, export
from luciole.sensors.recogniser import Recogniser
from luciole.sensors.replay import judge, offline, replay
from luciole.sensors.training import Learner, Report, Settings

HOLDS = (1, 2, 3)  # how many decisions in a row must agree before the class changes: those tried


class Recording(Protocol):
    """One continuous recording, labelled sample by sample."""

    @property
    def subject(self) -> int: ...
    @property
    def signal(self) -> NDArray[np.float32]: ...  # (time, channels), the channels of the windows
    @property
    def labels(self) -> NDArray[np.int64]: ...  # (time,), -1 where nobody labelled


@dataclass(frozen=True)
class Heard:
    """What :func:`hear` heard on the test people's recordings."""

    truth: list[NDArray[np.int64]]  # (time,) a recording
    said: list[NDArray[np.int64]]
    holds: dict[int, float]  # tried: mean F1 over the classes on the validation people's recordings
    hold: int  # the best of them
    windows: Report  # on the test people's windows, cut beforehand
    seconds: float  # processor seconds of hearing

    @property
    def accuracy(self) -> float:
        """Share of the labelled samples that were recognised."""
        truth = np.concatenate(self.truth)
        return float((np.concatenate(self.said) == truth)[truth >= 0].mean())


def hear(
    dataset: Dataset,
    split: Split,
    recordings: Sequence[Recording],
    build: Callable[[torch.Generator], nn.Module],
    settings: Settings,
    hop: int,
    seed: int = 0,
) -> Heard:
    """Train on windows, choose ``hold`` on the validation people's recordings, train on both, hear the test people's.

    ``dataset`` holds windows of ``recordings``; ``split`` parts it by people; ``hop`` is the samples from one decision
    to the next. Raises LucioleError when the stream is answered otherwise than windows cut beforehand.
    """
    who = splits.groups(dataset)

    def of(part: NDArray[np.int64]) -> list[Recording]:
        people = set(who[part].tolist())
        return [one for one in recordings if one.subject in people]

    def trained(rows: NDArray[np.int64]) -> tuple[Learner, nn.Module]:
        learner = Learner.of(dataset, rows, settings)
        network = build(torch.Generator().manual_seed(seed))
        learner.fit(network, torch.Generator().manual_seed(seed))
        return learner, network

    with TemporaryDirectory() as folder:

        def runtime(learner: Learner, network: nn.Module, name: str) -> Runtime:
            return Runtime(export(network, learner.normalisation, dataset.length, Path(folder) / f"{name}.onnx"))

        recognise = runtime(*trained(split.train), "choice")
        held, tried = of(split.validation), {}
        for hold in HOLDS:
            recogniser = Recogniser(recognise, dataset.channels, dataset.length, hop, hold=hold)
            said = [replay(recogniser, one.signal, hop) for one in held]
            table = judge([one.labels for one in held], said, dataset.class_names, hz=1.0)
            tried[hold] = float(table["f1"].mean())
        best = max(tried, key=lambda one: tried[one])
        learner, network = trained(np.sort(np.concatenate([split.train, split.validation])))
        windows = learner.judge(network, dataset, split.test)
        recognise = runtime(learner, network, "final")
        tested = of(split.test)
        plain = Recogniser(recognise, dataset.channels, dataset.length, hop)
        if (replay(plain, tested[0].signal, 7) != offline(plain, tested[0].signal)).any():
            raise LucioleError("the stream was answered otherwise than windows cut beforehand")
        recogniser = Recogniser(recognise, dataset.channels, dataset.length, hop, hold=best)
        began = time.process_time()
        said = [replay(recogniser, one.signal, 1) for one in tested]
        seconds = time.process_time() - began
    return Heard([one.labels for one in tested], said, tried, best, windows, seconds)
