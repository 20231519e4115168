"""From a trained network to a file that a device runs: ONNX, its normalisation inside, and the same in 8 bits.

The file takes windows in physical units, so that nobody who uses it has to know the constants of the training part::

    path = export(network, learner.normalisation, length=128, path=Path("mine.onnx"))
    small = quantise(path, windows_of_the_training_part, Path("mine.int8.onnx"))
    scores = Runtime(path)(windows)

>>> import tempfile
>>> network = nn.Sequential(nn.Conv1d(3, 4, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2))
>>> X = np.random.default_rng(0).normal(size=(20, 3, 32)).astype(np.float32)
>>> with tempfile.TemporaryDirectory() as folder:
...     path = export(network, Normalisation.fit(X), length=32, path=Path(folder) / "net.onnx")
...     small = quantise(path, X, Path(folder) / "net.int8.onnx")
...     whole, eight = Runtime(path)(X), Runtime(small)(X)
>>> whole.shape, bool(np.abs(whole - eight).max() < 0.1)
((20, 2), True)
"""

import copy
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import files
from luciole.costs.latency import Latency, median_interval
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError, extra
from luciole.sensors.saturation import PAIR, TOTAL, Layer, proven

OPSET = 17
QUANTISED = ("Conv", "Gemm", "MatMul")  # operators that compute in 8 bits; the statistics' logarithms stay in 32
CALIBRATION = 32  # windows a batch
ROUNDS = 5  # in which a file in 32 bits and one in 8 are timed


class Deployed(nn.Module):
    """A network with its normalisation: windows in physical units (B, channels, time) -> scores (B, classes)."""

    mean: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, normalisation: Normalisation):
        super().__init__()
        self.network = copy.deepcopy(network)
        self.register_buffer("mean", torch.from_numpy(normalisation.mean.copy())[:, None])
        self.register_buffer("scale", 1 / torch.from_numpy(normalisation.deviation.copy())[:, None])

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x - self.mean) * self.scale)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporters say about themselves off the page."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def export(network: nn.Module, normalisation: Normalisation, length: int, path: Path) -> Path:
    """Write ``network`` as ONNX for windows of ``length`` samples, any number at once, and return the path.

    By the exporter that traces (the newer one of PyTorch needs a package more). Raises LucioleError when ONNX Runtime
    does not give the same answers as PyTorch on random windows.
    """
    whole = Deployed(network, normalisation).eval()
    generator = torch.Generator().manual_seed(0)
    spread = torch.from_numpy(np.asarray(normalisation.deviation))[:, None]
    centre = torch.from_numpy(np.asarray(normalisation.mean))[:, None]
    example = centre + spread * torch.randn(3, len(normalisation.mean), length, generator=generator)
    with files.atomic(path) as temporary, _quiet(), torch.no_grad():
        torch.onnx.export(
            whole,
            (example,),
            str(temporary),
            input_names=["windows"],
            output_names=["scores"],
            dynamic_axes={"windows": {0: "n"}, "scores": {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
        expected, got = whole(example).numpy(), Runtime(temporary)(example.numpy())
        if not np.allclose(expected, got, rtol=1e-3, atol=1e-3):
            raise LucioleError(f"the exported network differs from the trained one by {np.abs(expected - got).max():g}")
    return path


class Runtime:
    """An ONNX file as a function: windows (n, channels, time) in physical units -> scores (n, classes), one thread."""

    def __init__(self, path: Path):
        with extra("devices"):
            import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 3  # errors
        self.path = path
        try:
            self.session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own kinds share no base
            raise LucioleError(f"{path}: expected an ONNX file, cannot open it: {error}") from error

    def __call__(self, windows: NDArray) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = self.session.run(None, {"windows": np.asarray(windows, dtype=np.float32)})[0]
        return scores

    def latency(self, window: NDArray, repeats: int = 200, warmup: int = 20) -> Latency:
        """Processor time of one window (channels, time): median of ``repeats`` passes, after ``warmup``."""
        one = np.asarray(window, dtype=np.float32)[None]
        for _ in range(warmup):
            self(one)
        times = []
        for _ in range(repeats):
            begun = time.process_time()
            self(one)
            times.append(time.process_time() - begun)
        median, low, high = median_interval(times)
        return Latency(median, low, high, 1, 1, repeats, "cpu", "cpu")


class _Windows:
    """Calibration windows, batch by batch, as ONNX Runtime asks for them."""

    def __init__(self, windows: NDArray):
        self.batches = iter(np.array_split(np.asarray(windows, np.float32), -(-len(windows) // CALIBRATION)))

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"windows": batch}


def quantise(path: Path, windows: NDArray, to: Path) -> Path:
    """Write the ONNX file ``path`` with 8-bit activations and 7-bit weights, ranges read off ``windows``, as ``to``.

    ``windows`` (n, channels, time) are in physical units, of the training part. Static quantisation, weights by
    channel, in the form of 8-bit operators: with the same ranges, the form that puts conversions around 32-bit
    operators lost points that this one keeps. Weights of 8 bits would let sums of two products leave the 16 bits that
    processors without VNNI keep them in (up to 20 points of accuracy were lost there); signed activations, which
    ONNX Runtime computes without such pairs, took up to twice the time of unsigned ones. With 7 bits no sum can
    saturate on any processor: proven on the file before it is kept, and told in its :func:`card`. Raises LucioleError
    where that does not hold. Source: documentation of ONNX Runtime, "Quantize ONNX models".

    In 8 bits the networks of this study are slower on a processor of a desk, and the smallest are larger on disk:
    ask :class:`Gain` before you take the file.
    """
    with extra("devices"):
        import onnx
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    if not len(windows):
        raise LucioleError("expected windows to calibrate on, got none")
    with files.atomic(to) as temporary, _quiet():
        quantize_static(
            str(path),
            str(temporary),
            _Windows(windows),
            quant_format=QuantFormat.QOperator,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(QUANTISED),
            extra_options={"MatMulConstBOnly": True},  # a product of two activations has no 7-bit factor
        )
        layers = proven(temporary, windows)
        if not layers:
            raise LucioleError(f"{path}: expected a layer of {', '.join(QUANTISED)}, got nothing to compute in 8 bits")
        model = onnx.load(temporary)
        del model.graph.value_info[:]  # shapes that the quantiser inferred, a tenth of a small file; nobody reads them
        onnx.helper.set_model_props(model, _told(layers, len(windows)))
        onnx.save(model, temporary)
    return to


def _told(layers: list[Layer], windows: int) -> dict[str, str]:
    """What an 8-bit file says of itself."""
    pair, total = max(layer.pair for layer in layers), max(layer.total for layer in layers)
    seen = max(layer.seen or 0 for layer in layers)
    return {
        "quantisation": "activations of 8 bits, unsigned; weights of 7 bits, signed, one scale a channel; "
        f"{len(layers)} layers of 8-bit operators, everything else in 32-bit floating point",
        "sums": f"two products: at most {pair:,} for any input, {seen:,} over {windows:,} windows of calibration, "
        f"16 bits hold {PAIR:,}; a whole sum: at most {total:,} for any input, 32 bits hold {TOTAL:,}",
        "processors": "no sum of an 8-bit layer can saturate or overflow, in whatever order it is added: its answers "
        "do not depend on the processor's instructions. What stays in floating point rounds as in the 32-bit file.",
    }


def card(path: Path) -> dict[str, str]:
    """What an 8-bit file says of itself: ``quantisation``, ``sums`` and ``processors``, each a sentence."""
    with extra("devices"):
        import onnx

    return {one.key: one.value for one in onnx.load(path).metadata_props}


@dataclass(frozen=True)
class Gain:
    """What an 8-bit file saves beside the 32-bit one that it was made of."""

    bytes: tuple[int, int]  # on disk, of 32 and of 8 bits
    latency: tuple[Latency, Latency]  # of one window

    @classmethod
    def of(cls, whole: Path, small: Path, window: NDArray) -> "Gain":
        """Compare the 8-bit file ``small`` with ``whole``, on one ``window`` (channels, time).

        The two are timed in turn and each keeps the lowest of its medians: other work slows a machine down by bursts.
        """
        runtimes = Runtime(whole), Runtime(small)
        rounds = [[runtime.latency(window, repeats=40) for runtime in runtimes] for _ in range(ROUNDS)]
        first, second = (min(told, key=lambda one: one.median) for told in zip(*rounds, strict=True))
        return cls((whole.stat().st_size, small.stat().st_size), (first, second))

    @property
    def smaller(self) -> bool:
        return self.bytes[1] < self.bytes[0]

    @property
    def faster(self) -> bool:
        """Beyond doubt: the intervals of the two medians do not touch."""
        return self.latency[1].high < self.latency[0].low

    @property
    def kept(self) -> bool:
        """Whether the file is of use on a processor like this one: it is smaller, or faster."""
        return self.smaller or self.faster

    def __str__(self) -> str:
        whole, small = (1e6 * one.median for one in self.latency)
        found = [word if true else f"not {word}" for word, true in (("smaller", self.smaller), ("faster", self.faster))]
        return (
            f"8 bits: {self.bytes[1]:,} bytes for {self.bytes[0]:,}, {small:.0f} µs a window for {whole:.0f}: "
            f"{' and '.join(found)}, {'of use' if self.kept else 'of no use'} here"
        )


def weight_bytes(path: Path) -> int:
    """Bytes of the constants in an ONNX file, without the description of the graph, which small networks mostly are."""
    with extra("devices"):
        import onnx

    return sum(onnx.numpy_helper.to_array(tensor).nbytes for tensor in onnx.load(path).graph.initializer)
