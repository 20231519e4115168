"""Masks: exact counts, layers that stay alive, and lines for what is no mask of this network."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from luciole.errors import LucioleError
from luciole.sparsity import allocation, schedules
from luciole.sparsity.masks import Masks, full, macs_per_weight, prunable, remaining, rescale, strongest
from luciole.sparsity.select import SAMPLE, largest, largest_of


def mlp(seed=0, sizes=(8, 6, 5, 3)):
    torch.manual_seed(seed)
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("kind", ["normal", "ties", "sorted", "two values"])
@pytest.mark.parametrize("count", [1, 7, 5_000, 199_999, 200_000])
def test_the_largest_are_exactly_so_many_and_none_of_the_others_is_larger(kind, count):
    rng = np.random.default_rng(0)
    values = {
        "normal": rng.normal(size=200_000),
        "ties": rng.integers(5, size=200_000),
        "sorted": np.arange(200_000),
        "two values": np.arange(200_000) % 1000 == 0,
    }[kind]
    values = torch.from_numpy(values.astype(np.float32))
    mask = largest(values, count)
    assert int(mask.sum()) == count
    if count < len(values):
        assert values[mask].min() >= values[~mask].max()


def test_of_equal_values_the_first_are_chosen():
    assert largest(torch.ones(10), 3).nonzero().squeeze(1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", ["normal", "ties", "misleading"])
@pytest.mark.parametrize("count", [0, 3, 40_000, 139_999])
def test_the_largest_of_several_tensors_are_those_of_all_joined(kind, count):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(2 * SAMPLE + 8928, generator=generator)  # every second value is a sample's
    if kind == "ties":
        values = values.round()
    if kind == "misleading":
        values[::2] -= 100.0
    parts = [values[:70_000].view(700, 100), values[70_000:70_001], values[70_001:]]
    masks = largest_of(parts, count)
    order = values.argsort(descending=True, stable=True)[:count]  # of equal ones the first
    wanted = torch.zeros_like(values, dtype=torch.bool).index_fill(0, order, True)
    assert [mask.shape for mask in masks] == [part.shape for part in parts]
    assert torch.equal(torch.cat([mask.flatten() for mask in masks]), wanted)


def test_half_precision_is_chosen_from_as_it_is():
    values = torch.tensor([0.5, 2.0, 1.0, 2.0], dtype=torch.bfloat16)
    assert largest(values, 2).tolist() == [False, True, False, True]


def test_what_cannot_be_chosen_from_is_refused():
    with pytest.raises(LucioleError, match="not a number"):
        largest(torch.tensor([1.0, float("nan")]), 1)
    with pytest.raises(LucioleError, match="not a number"):
        largest_of([torch.zeros(3), torch.tensor([1.0, float("nan")])], 1)
    with pytest.raises(LucioleError, match="between 0 and all of 3"):
        largest(torch.zeros(3), 4)


def test_the_strongest_of_all_layers_are_kept_and_no_layer_is_emptied():
    importance = {"a": torch.arange(10.0), "b": torch.arange(100.0, 110.0), "c": -torch.ones(4)}
    masks = strongest(importance, kept=7)
    assert masks.kept == 7
    assert masks["a"].nonzero().squeeze(1).tolist() == [9] and int(masks["c"].sum()) == 1
    assert masks["b"].nonzero().squeeze(1).tolist() == [5, 6, 7, 8, 9]
    barely = strongest(
        importance | {"d": torch.zeros(2, 2)}, kept=4
    )  # a layer's last weight never leaves for another's
    assert [mask.flatten().nonzero().squeeze(1).tolist() for mask in barely.values()] == [[9], [9], [0], [0]]
    plain = strongest({"a": torch.arange(10.0), "b": torch.arange(4.5, 14.5)}, kept=8)
    threshold = sorted([*range(10), *np.arange(4.5, 14.5)])[-8]
    assert plain["a"].tolist() == [value >= threshold for value in range(10)]


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 1.5])
def test_a_sparsity_outside_of_its_range_is_refused(sparsity):
    with pytest.raises(LucioleError, match=f"from 0 up to but not including 1, got {sparsity}"):
        remaining(100, sparsity, 2)


def test_a_sparsity_that_empties_a_layer_is_refused():
    with pytest.raises(LucioleError, match="leaves 2 of 100 weights to 3 layers"):
        remaining(100, 0.98, 3)


def test_masks_of_another_network_are_refused():
    with pytest.raises(LucioleError, match="they differ in 4.weight"):
        full(mlp()).check(mlp(sizes=(8, 6, 5)))
    with pytest.raises(LucioleError, match=r"shape \(6, 8\) for 0.weight, got \(6, 9\)"):
        full(mlp(sizes=(9, 6, 5, 3))).check(mlp())
    with pytest.raises(LucioleError, match="boolean mask"):
        Masks({"a": torch.ones(2)})


def test_tied_and_computed_weights_are_refused():
    one = nn.Linear(4, 4)
    with pytest.raises(LucioleError, match=r"0.weight and 1.weight are one weight"):
        prunable(nn.Sequential(one, one))
    other = nn.Linear(4, 4)
    other.weight = one.weight
    with pytest.raises(LucioleError, match="are one weight"):
        prunable(nn.Sequential(one, other))
    network = mlp()
    prune.l1_unstructured(network[0], "weight", amount=0.5)
    with pytest.raises(LucioleError, match=r"0.weight to be a parameter"):
        prunable(network)
    with pytest.raises(LucioleError, match="none of them"):
        prunable(nn.ReLU())


def test_masks_handed_to_torch_give_the_same_network_and_the_same_choice():
    ours, theirs = mlp(), mlp()
    masks = strongest({name: weight.abs() for name, weight in prunable(ours).items()}, kept=40)
    layers = [(theirs[at], "weight") for at in (0, 2, 4)]
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=masks.total - 40)
    for at in (0, 2, 4):
        assert torch.equal(masks[f"{at}.weight"], theirs[at].weight_mask.bool())
    handed = mlp()
    masks.to_torch(handed)
    masks.apply(ours)
    x = torch.randn(4, 8)
    torch.testing.assert_close(handed(x), ours(x))


def test_erdos_renyi_densities_by_hand():
    shapes = {"0": (300, 784), "2": (100, 300), "4": (10, 100)}
    counts = allocation.erdos_renyi_kernel(shapes, 13_310)
    assert sum(counts.values()) == 13_310
    raw = {"0": 1084 / 235_200, "2": 400 / 30_000, "4": 110 / 1000}
    scale = 13_310 / (1084 + 400 + 110)
    assert scale * raw["4"] < 1
    for name, (outputs, inputs) in shapes.items():
        assert counts[name] == pytest.approx(scale * raw[name] * outputs * inputs, abs=1)
    assert allocation.erdos_renyi_kernel({"k": (2, 3, 5, 5), "d": (10, 10)}, 50)["k"] == pytest.approx(
        50 * 15 / (15 + 20), abs=1
    )
    with pytest.raises(LucioleError, match="between 2 and 12"):
        allocation.uniform({"a": (2, 2), "b": (2, 4)}, 1)


def test_schedules_begin_and_end_where_they_should():
    assert schedules.cubic(0, 0.2, 0.9) == pytest.approx(0.2) and schedules.cubic(2, 0.2, 0.9) == 0.9
    assert schedules.exchanged(0, 0.3) == 0.3 and schedules.exchanged(1, 0.3) == 0
    mean = np.mean([schedules.exchanged(share, 0.3) for share in np.linspace(0, 1, 10_001)])
    assert mean == pytest.approx(0.15, abs=1e-4)
    assert schedules.geometric(800, 100, 1) == pytest.approx(100)


def test_how_often_a_weight_multiplies_is_counted():
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 36, 5))
    assert macs_per_weight(network, torch.zeros(1, 1, 8, 8)) == {"0.weight": 36, "3.weight": 1}


def test_rescaled_units_keep_the_size_of_their_signals():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(1000, 50, bias=False))
    before = network(torch.randn(100, 1000)).std()
    masks = Masks({"0.weight": torch.rand(50, 1000) < 0.1})
    rescale(network, masks)
    masks.apply(network)
    assert float(network(torch.randn(100, 1000)).std() / before) == pytest.approx(1, abs=0.1)
