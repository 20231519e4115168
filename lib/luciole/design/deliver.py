"""What is taken away: model.onnx that says what it takes and gives, recognise.py that runs it, and the same as C.

The file takes windows in physical units and carries, as JSON in its metadata, ``classes`` in the order of its scores,
``channels`` in the order of its input, ``units``, ``hz``, ``window`` and ``hop`` in samples: :func:`told` reads them.
"""

import json
import shutil
from dataclasses import dataclass
from importlib.resources import files as carried
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from luciole import files
from luciole.datasets.dataset import Dataset
from luciole.design import printed
from luciole.design.outcome import Outcome
from luciole.design.parts import hop
from luciole.design.printed import Takes
from luciole.devices.lower import plan
from luciole.errors import LucioleError, extra
from luciole.sensors.deploy import Gain, Runtime, export, quantise

MODEL, SMALL, SCRIPT = "model.onnx", "model.int8.onnx", "recognise.py"
CALIBRATED = 512  # windows, at most, that ranges of 8 bits are read off
ALIKE = 0.99  # share of windows that both files must answer alike for the small one to be of use


@dataclass(frozen=True)
class Delivered:
    """What was written, and what it costs."""

    files: tuple[Path, ...]
    bytes: int  # of model.onnx
    microseconds: float  # of one window, here, on one thread
    small: str  # what 8 bits save, or why there is no such file
    takes: tuple[Takes, ...]  # of the files of C
    said: tuple[str, ...]  # of them


def units(dataset: Dataset) -> str:
    """What is known of the channels' units: the reading's guess, else that they are as recorded."""
    account = getattr(dataset, "account", None)
    lines = account.lines() if account is not None else []
    return next((line.split(": ", 1)[1] for line in lines if "by its numbers" in line), "as recorded")


def metadata(dataset: Dataset) -> dict[str, Any]:
    """What model.onnx says of itself."""
    return {
        "classes": list(dataset.class_names),
        "channels": list(dataset.channel_names),
        "units": units(dataset),
        "hz": dataset.hz,
        "window": dataset.length,
        "hop": hop(dataset),
    }


def label(path: Path, props: dict[str, Any]) -> None:
    """Add properties to an ONNX file's metadata, each as JSON."""
    with extra("devices"):
        import onnx

    model = onnx.load(path)
    known = {one.key: one.value for one in model.metadata_props}
    added = {key: json.dumps(value, ensure_ascii=False) for key, value in props.items()}
    onnx.helper.set_model_props(model, known | added)
    with files.atomic(path) as temporary:
        onnx.save(model, temporary)


def told(path: Path) -> dict[str, Any]:
    """What :func:`label` wrote."""
    with extra("devices"):
        import onnx

    return {one.key: json.loads(one.value) for one in onnx.load(path).metadata_props if one.key in _KEYS}


_KEYS = ("classes", "channels", "units", "hz", "window", "hop")


def deliver(outcome: Outcome, out: Path) -> Delivered:
    """Write the network, the script and the C into ``out``."""
    data, (network, constants) = outcome.dataset, outcome.network
    path = export(network, constants, data.length, out / MODEL)
    label(path, metadata(data))
    window = data.X[outcome.parts.benches[0].train[0]]
    script = carried("luciole.design").joinpath("recognise.py.txt").read_text(encoding="utf-8")
    with files.atomic(out / SCRIPT) as temporary:
        temporary.write_text(script, encoding="utf-8")
    with TemporaryDirectory() as place:
        quantised = Path(place) / SMALL
        small, alike = _small(outcome, path, quantised, out / SMALL)
        made = [path, out / SCRIPT, *([out / SMALL] if (out / SMALL).exists() else [])]
        takes, said = [], []
        try:
            stated = plan(
                network, constants, data.length, data.class_names, hop(data), trained=not outcome.chosen.model
            )  # of a linear classifier some normalisations do nothing, and never saw data
            told = [printed.floats(stated, out)]
            said += printed.held(outcome.course.settings.limits, told[0])
            told.append(printed.eight(stated, quantised if alike else None, data.X, out))
            for one in told:
                made += one.files
                takes += one.takes
                said += one.said
        except LucioleError as error:
            said.append(f"no C: {error}")
    microseconds = 1e6 * Runtime(path).latency(window).median
    return Delivered(tuple(made), path.stat().st_size, microseconds, small, tuple(takes), tuple(said))


def _small(outcome: Outcome, path: Path, quantised: Path, to: Path) -> tuple[str, bool]:
    """Quantise, keep the file where it is of use, and say why or why not; and whether it answers as the whole one."""
    to.unlink(missing_ok=True)  # of an earlier, shorter run
    if outcome.chosen.model:
        return "a linear classifier is as small in 32 bits", False
    data, rows = outcome.dataset, outcome.parts.benches[0].learnt
    rows = np.random.default_rng(0).choice(rows, min(CALIBRATED, len(rows)), replace=False)
    windows = data.X[rows]
    try:
        quantise(path, windows, quantised)
        alike = float((Runtime(path)(windows).argmax(1) == Runtime(quantised)(windows).argmax(1)).mean())
        gain = Gain.of(path, quantised, windows[0])
    except LucioleError as error:
        return str(error), False
    said = f"{gain}; {100 * alike:.1f} % of windows are answered alike"
    if not gain.kept or alike < ALIKE:
        return f"{said}: not kept as ONNX", alike >= ALIKE
    label(quantised, metadata(data))
    with files.atomic(to) as temporary:
        shutil.copyfile(quantised, temporary)
    return said, True
