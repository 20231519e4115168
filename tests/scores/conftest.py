"""Small networks in float64, so that slow loops in the tests can be held to tight tolerances."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from luciole.networks import Skeleton, build

ROWS = ([3, 2, 1, 0, 4, 3], [1, 3, 3, 2, 0, 4], [0, 0, 0, 2, 0, 0])


@pytest.fixture(params=[2, 1], ids=["2d", "1d"])
def dims(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(params=range(len(ROWS)))
def case(request: pytest.FixtureRequest, dims: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A network, a batch of seven and its labels (three classes)."""
    skeleton = Skeleton(cells=1, width=4, classes=3, dims=dims)
    network = build(ROWS[request.param], skeleton, torch.Generator().manual_seed(5)).double()
    batch = torch.randn(7, 3, *[8] * dims, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    return network, batch, torch.tensor([0, 1, 2, 0, 1, 2, 1])


@pytest.fixture
def watched() -> Callable:
    """Run a copy of a network in training mode; give the logits and [(name, module, input, output)] of its calls."""

    def run(network: nn.Module, batch: Tensor) -> tuple[Tensor, list]:
        network = copy.deepcopy(network).train()
        calls = []
        for name, module in network.named_modules():
            module.register_forward_hook(lambda m, i, o, name=name: calls.append((name, m, i[0], o)))
        return network(batch), calls

    return run
