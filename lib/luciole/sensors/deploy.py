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
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import files
from luciole.costs.latency import Latency, median_interval
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError

OPSET = 17
QUANTISED = ("Conv", "Gemm", "MatMul")  # operators that compute in 8 bits; the statistics' logarithms stay in 32
CALIBRATION = 32  # windows a batch


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
    """Write the ONNX file ``path`` with 8-bit weights and activations, ranges read off ``windows``; return ``to``.

    ``windows`` (n, channels, time) are in physical units, of the training part. Static quantisation, weights by
    channel, in the form of 8-bit operators: with the same ranges, the form that puts conversions around 32-bit
    operators lost points that this one keeps. Source: documentation of ONNX Runtime, "Quantize ONNX models".
    """
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
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(QUANTISED),
        )
    return to


def weight_bytes(path: Path) -> int:
    """Bytes of the constants in an ONNX file, without the description of the graph, which small networks mostly are."""
    import onnx

    return sum(onnx.numpy_helper.to_array(tensor).nbytes for tensor in onnx.load(path).graph.initializer)
