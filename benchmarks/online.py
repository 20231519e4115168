"""How much faster than real time a stream is recognised on one core: ``python benchmarks/online.py``.

A network of the searched space, at most 53,079 multiply-accumulates a window of UCI HAR's shape, exported and run by
ONNX Runtime on one thread. The stream is 9 channels at 50 Hz, ten minutes of noise, for the content does not change
the work; a decision every 0.64 s. It is fed sample by sample, as a sensor's interrupt would, and second by second.
The peer is the plain way: keep the last window in a list, stack it and ask PyTorch at every decision, fed sample by
sample too. Both give the same decisions, which is checked. Processor time, so that a busy machine favours neither.
"""

import tempfile
import time
from collections import deque
from pathlib import Path

import numpy as np
import torch
from record import Row, record

from luciole.datasets.windows import Normalisation
from luciole.networks import har1d as networks
from luciole.sensors.deploy import Deployed, Runtime, export
from luciole.sensors.recogniser import Recogniser
from luciole.sensors.replay import replay

CHANNELS, CLASSES, LENGTH, HZ, HOP = 9, 6, 128, 50, 32
MINUTES = 10
DESIGN = (3, 0, 0, 1, 0, 3, 3, 2, 0, 1, 0, 0, 2, 1, 1, 2)
TARGET = 1_000


def plain(network: torch.nn.Module, signal: np.ndarray) -> np.ndarray:
    """Decisions of the plain way, one a hop."""
    window: deque[np.ndarray] = deque(maxlen=LENGTH)
    answers = []
    for number, sample in enumerate(signal, start=1):
        window.append(sample)
        if number >= LENGTH and (number - LENGTH) % HOP == 0:
            with torch.no_grad():
                scores = network(torch.tensor(np.stack(window).T[None], dtype=torch.float32))
            answers.append(int(scores.argmax()))
    return np.array(answers)


def main() -> None:
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(MINUTES * 60 * HZ, CHANNELS)).astype(np.float32)
    network = networks.build(DESIGN, CHANNELS, CLASSES, torch.Generator().manual_seed(0)).eval()
    constants = Normalisation.fit(signal.T[None])
    macs = int(networks.counts(np.array(DESIGN), CHANNELS, CLASSES, LENGTH)[1][0])
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(export(network, constants, LENGTH, Path(folder) / "net.onnx"))
        recogniser = Recogniser(runtime, CHANNELS, LENGTH, HOP)
        times = {}
        for step in (1, HZ):
            replay(recogniser, signal[: 20 * HZ], step)
            start = time.process_time()
            heard = replay(recogniser, signal, step)
            times[step] = time.process_time() - start
    whole = Deployed(network, constants).eval()
    plain(whole, signal[: 20 * HZ])
    start = time.process_time()
    theirs = plain(whole, signal)
    peer = time.process_time() - start
    ends = np.arange(len(theirs)) * HOP + LENGTH - 1
    assert (heard[ends] == theirs).all(), "the two ways decide differently"
    real = len(signal) / HZ
    for step, spent in times.items():
        print(f"{step} samples at a time: {real / spent:,.0f} times real time; the plain way {real / peer:,.0f} times")
    record(
        [
            Row(
                key=f"online.{name}",
                what=f"processor seconds for an hour of 9 channels at {HZ} Hz, {macs:,} MACs a decision, a decision "
                f"every {HOP / HZ} s, fed {name} by {name}",
                measured=3600 * times[step] / real,
                unit="s",
                target=f"{TARGET:,} times real time: under {3600 / TARGET} s an hour",
                met=real / times[step] >= TARGET,
                peer=3600 * peer / real,
                peer_name="a list of the last samples and PyTorch at every decision, sample by sample",
            )
            for name, step in (("sample", 1), ("second", HZ))
        ]
    )


if __name__ == "__main__":
    main()
