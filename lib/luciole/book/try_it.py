"""The script of the page *Try it*: networks that run in a reader's browser, and recordings for them.

``write`` makes ``book/_static/try_it_data.js``: the network found for UCI HAR with its committed weights, as the
printed JavaScript of :mod:`luciole.devices.js`, for the sensors of the reader's own phone; and a network trained here,
in seconds, on the watch exercises that the package seglearn carries, with recordings of people whom it never saw. A
page of a folder may not fetch, so everything is in the script. It is made again when what it is made of has changed.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import datasets, files, results
from luciole.datasets import splits
from luciole.datasets.uci_har import CHANNELS, CLASSES
from luciole.devices.js import emit, encoded, scripted
from luciole.devices.lower import plan
from luciole.devices.plan import Plan
from luciole.errors import LucioleError
from luciole.experiments.har import models, protocol
from luciole.networks import har1d as networks
from luciole.sensors.study import streams
from luciole.sensors.training import Learner, Settings
from luciole.training import Recipe

MODEL = protocol.found(53_079)
WATCH = Settings(Recipe(epochs=12, batch=64, rate=0.01, weight_decay=0.01, warmup=0.2), averaging=0.98)
PHONE_HOP, WATCH_HOP = 32, 64  # samples from one answer to the next
MODULES = (
    *("luciole.book.try_it", "luciole.devices.js", "luciole.devices.lower", "luciole.devices.plan"),
    *("luciole.networks.har1d", "luciole.networks.statistics", "luciole.sensors.training", "luciole.training.loop"),
)


@dataclass(frozen=True)
class Shown:
    """A network of the page: its plan, the name of its object, what its columns are."""

    name: str
    title: str
    plan: Plan
    columns: tuple[str, ...]
    hz: float


@dataclass(frozen=True)
class Recording:
    """A recording that the page can replay through the network ``name``: samples (time, channels), its true class."""

    name: str
    title: str
    label: str
    samples: NDArray[np.float32]


def path() -> Path:
    """Where the book looks for the script; git ignores it there."""
    return files.root() / "book" / "_static" / "try_it_data.js"


def write(target: Path | None = None) -> Path:
    """Make the script, some twenty seconds, unless it is there and was made of the same.

    A part whose source is not here (the committed weights, the package seglearn) is left out, and the page says so.
    """
    target = target or path()
    stamp = f"// {_stamp()}\n"
    if target.exists() and target.read_text(encoding="utf-8").startswith(stamp):
        return target
    shown: list[Shown] = []
    recordings: list[Recording] = []
    with suppress(LucioleError):  # no committed weights: an installed copy of the library
        shown.append(phone())
    with suppress(LucioleError):  # the package is not installed
        mine, recordings = watch()
        shown.append(mine)
    with files.atomic(target) as temporary:
        temporary.write_text(stamp + script(shown, recordings), encoding="utf-8")
    return target


def _stamp() -> str:
    """What the script is made of, as one line."""
    digest = hashlib.sha256("".join(results.fingerprint(module) for module in MODULES).encode())
    record = files.results() / "har/models_weights.npz"
    digest.update(files.sha256(record).encode() if record.exists() else b"no weights")
    return f"Made by `make book` (luciole.book.try_it) of {digest.hexdigest()[:16]}; do not edit."


def phone() -> Shown:
    """The network found for UCI HAR within TinyTNAS's multiply-accumulates; LucioleError without its weights."""
    network, constants = models.trained("uci_har", MODEL)
    labels = [name.replace("_", " ").lower() for name in CLASSES]
    return Shown(
        "luciole_phone", "a phone at the waist", plan(network, constants, 128, labels, PHONE_HOP), CHANNELS, 50.0
    )


def watch() -> tuple[Shown, list[Recording]]:
    """A network trained on the watch exercises of most people, and a recording of each exercise by others.

    Raises LucioleError where seglearn is not installed.
    """
    dataset = datasets.load("seglearn")
    split = splits.by_subject(dataset)
    learner = Learner.of(dataset, np.sort(np.concatenate([split.train, split.validation])), WATCH)
    row = results.read("har/models", part=True).frame.query("model == @MODEL")["genotype"].iloc[0]
    genes = np.array([int(gene) for gene in row.split()], dtype=np.int8)
    generator = torch.Generator().manual_seed(0)
    network = networks.build(genes, dataset.channels, dataset.classes, generator)
    learner.fit(network, generator)
    ours = plan(network.eval(), learner.normalisation, dataset.length, dataset.class_names, WATCH_HOP)
    recordings = []
    assert dataset.recording is not None and dataset.subject is not None
    for label, name in enumerate(dataset.class_names):
        found = split.test[dataset.y[split.test] == label]
        rows = found[dataset.recording[found] == dataset.recording[found[0]]]
        samples, _ = streams(dataset, rows)[0]
        title = f"{name}, person {dataset.subject[rows[0]]}"
        recordings.append(Recording("luciole_watch", title, name, samples.astype(np.float32)))
    return Shown("luciole_watch", "a watch", ours, dataset.channel_names, 50.0), recordings


def script(shown: Sequence[Shown], recordings: Sequence[Recording]) -> str:
    """The text of the script: an object a network, and ``LUCIOLE_TRY``, which lists them and holds the recordings."""
    listed = {
        one.name: {"title": one.title, "columns": list(one.columns), "hz": one.hz, "macs": one.plan.macs}
        for one in shown
    }
    held = [
        {"network": one.name, "title": one.title, "label": one.label, "samples": encoded(one.samples)}
        for one in recordings
    ]
    content = scripted({"networks": listed, "recordings": held})
    return "\n".join([*(emit(one.plan, one.name) for one in shown), f"globalThis.LUCIOLE_TRY = {content};", ""])
