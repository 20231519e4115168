"""Small networks as trained ones, and a way to run printed C on windows: compiled with every warning and sanitizer."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices.c import emit
from luciole.devices.eight import Eight
from luciole.devices.plan import Plan
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.spaces import har1d

CHANNELS, LENGTH, CLASSES = 3, 40, 4
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover")
CELLS = (  # designs that take every operation, joined in every way; then others at random
    "3 1 4 1 2 3 0 1 1 1 1 0 1 1 1 0",  # depthwise and 1x1 convolutions, skips, pooling
    "3 0 3 2 4 1 1 1 0 0 2 1 0 2 0 1",  # full convolutions with dilation, nodes that end in a sum
    "1 1 1 1 1 1 1 2 0 1 1 0 3 0 1 0",  # sums and nothing else
    "0 0 0 0 0 0 2 1 0 0 0 0 1 1 0 0",  # nothing reaches the output
)
MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "{name}.h"
int main(int count, char **given)
{{
    const int streamed = count > 1 && given[1][0] == 's';
    static float window[{size}], scores[{classes}];
    while (fread(window, sizeof(float), {size}, stdin) == {size}) {{
        int found = -1;
        if (streamed) {{
            for (int t = 0; t < {length}; t++) {{
                const int now = {name}_step(window + t * {channels});
                if (now >= 0)
                    printf("%d\\n", found = now);
            }}
            continue;
        }}
        found = {name}_window(window, scores);
        printf("%d %.9g", found, (double){name}_confidence());
        for (int i = 0; i < {classes}; i++)
            printf(" %.9g", (double)scores[i]);
        printf("\\n");
    }}
    return 0;
}}
"""


def learnt(network: nn.Module, seed: int) -> nn.Module:
    """The network with normalisations as a training leaves them: no mean of zero, no factor of one."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            size = module.num_features
            module.running_mean = 0.3 * torch.randn(size, generator=generator)
            module.running_var = 0.3 + torch.rand(size, generator=generator)
            module.weight.data = 0.5 + torch.rand(size, generator=generator)
            module.bias.data = 0.3 * torch.randn(size, generator=generator)
    return network.eval()


def _drawn(number: int) -> nn.Module:
    """A network of the sensor space: a design of CELLS, then random ones of few multiply-accumulates."""
    if number < len(CELLS):
        row = np.array([int(gene) for gene in CELLS[number].split()], dtype=np.int8)
    else:
        rows = har1d.sample(np.random.default_rng(number), 400)
        row = rows[networks.counts(rows, CHANNELS, CLASSES, LENGTH)[1] < 40_000][0]
    return learnt(networks.build(row, CHANNELS, CLASSES, torch.Generator().manual_seed(number)), number)


def _made(name: str) -> nn.Module:
    return learnt(BASELINES[name](CHANNELS, CLASSES, LENGTH, torch.Generator().manual_seed(0)), 0)


class Program:
    """A printed network as a program of this machine."""

    def __init__(self, plan: Plan, folder: Path, name: str = "net", eight: Eight | None = None):
        if not shutil.which("cc"):
            pytest.skip("no C compiler is installed: apt-get install gcc")
        told = {"name": name, "classes": len(plan.labels), "length": plan.length, "channels": plan.channels}
        main = MAIN.format(size=plan.length * plan.channels, **told)
        for file, text in (emit(plan, name, eight) | {"main.c": main}).items():
            (folder / file).write_text(text)
        self.path = folder / "program"
        sources = [str(folder / file) for file in (f"{name}.c", "main.c")]
        done = subprocess.run(["cc", *WARNINGS, "-o", str(self.path), *sources, "-lm"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]

    def _told(self, windows: np.ndarray, *arguments: str) -> list[list[str]]:
        fed = np.ascontiguousarray(windows.transpose(0, 2, 1), dtype=np.float32).tobytes()
        done = subprocess.run([str(self.path), *arguments], input=fed, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        return [line.split() for line in done.stdout.decode().splitlines()]

    def __call__(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Windows (n, channels, length) -> classes (n,), confidences (n,), scores (n, classes)."""
        told = np.array(self._told(windows), dtype=np.float64)
        return told[:, 0].astype(int), told[:, 1], told[:, 2:]

    def stream(self, windows: np.ndarray) -> list[int]:
        """The answers to the windows one after another, as one stream."""
        return [int(line[0]) for line in self._told(windows, "s")]


@pytest.fixture(scope="session")
def windows() -> np.ndarray:
    rng = np.random.default_rng(0)
    level, spread = rng.normal(size=(2, 80, CHANNELS, 1))
    return (1 + level + np.exp(spread) * rng.normal(size=(80, CHANNELS, LENGTH))).astype(np.float32)


@pytest.fixture(scope="session")
def constants(windows: np.ndarray) -> Normalisation:
    return Normalisation.fit(windows)


@pytest.fixture(scope="session")
def drawn() -> Callable[[int], nn.Module]:
    return _drawn


@pytest.fixture(scope="session")
def made() -> Callable[[str], nn.Module]:
    return _made


@pytest.fixture(scope="session")
def program() -> type[Program]:
    return Program
