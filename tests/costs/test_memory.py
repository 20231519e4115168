"""Peak memory against sums by hand."""

import gc

import pytest
import torch
from torch import nn

from luciole.costs.memory import PeakMemory, peak_memory
from luciole.networks import Skeleton, build


def test_what_is_freed_does_not_count() -> None:
    with PeakMemory() as memory:
        x = torch.zeros(1000)
        for _ in range(5):
            x = x + 1  # the old and the new one live together, then the old one goes
    assert memory.peak == 2 * 4000
    assert memory.live == 4000
    del x
    assert memory.live == 0


def test_views_and_changes_in_place_are_free() -> None:
    with PeakMemory() as memory:
        x = torch.zeros(100, 10)
        y = x.t()[3:].add_(1)
    assert memory.peak == 4000
    assert y.shape == (7, 100)


def test_tensors_from_outside_are_not_counted() -> None:
    outside = torch.zeros(1000)
    with PeakMemory() as memory:
        outside.add_(1)
        _ = outside[:10] * 2
    assert memory.peak == 40


def test_a_chain_of_layers_by_hand() -> None:
    network = nn.Sequential(nn.Linear(8, 64, bias=False), nn.ReLU(), nn.Linear(64, 2, bias=False))
    batch = torch.zeros(3, 8)
    weights = 4 * (8 * 64 + 64 * 2)
    assert peak_memory(network, batch) == weights + 4 * 3 * 8 + 2 * 4 * 3 * 64  # both sides of the ReLU


def test_activations_grow_with_the_batch_and_weights_do_not() -> None:
    network = build([3] * 6, Skeleton(width=4, cells=1), torch.Generator().manual_seed(0))
    one, two, three = (peak_memory(network, torch.zeros(batch, 3, 16, 16)) for batch in (1, 2, 3))
    assert three - two == two - one > 0
    assert network.training


def test_the_collector_of_cycles_rests_inside_and_goes_on_after() -> None:
    assert gc.isenabled()
    with PeakMemory() as memory:
        assert not gc.isenabled()
        cycle: list[object] = [torch.zeros(100)]
        cycle.append(cycle)
        del cycle
        torch.zeros(100)  # the one in the cycle is still there
    assert memory.peak == 800
    assert gc.isenabled()
    with pytest.raises(RuntimeError), PeakMemory():
        raise RuntimeError
    assert gc.isenabled()


@pytest.mark.parametrize("gone", [0, 1, 5, 50])
def test_an_address_that_an_input_left_counts_for_the_next_tensor(gone: int) -> None:
    with PeakMemory() as memory:
        for _ in range(gone):
            torch.tensor([1.0])  # its storage is made outside of the operations seen
        kept = [torch.zeros(1000) for _ in range(3)]
    assert memory.peak == memory.live == 3 * 4000
    del kept
