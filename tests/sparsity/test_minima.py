"""Entropy of units and sharpness of a loss, beside what is known of them."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity.masks import Masks, full
from luciole.sparsity.minima import entropy, psp_entropy, sharpness


def test_entropy_is_that_of_the_share_on_in_each_class_and_counts_places():
    y = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    on = torch.tensor([1, 0, 0, 0, 1, 1, 1, 1]).bool()[:, None]  # a quarter of the one class, all of the other
    quarter = -(0.25 * torch.log2(torch.tensor(0.25)) + 0.75 * torch.log2(torch.tensor(0.75)))
    assert float(entropy(on, y)) == pytest.approx(float(quarter) / 2, abs=1e-3)
    places = torch.stack([on, on.roll(1, 0)], dim=2)  # (8, 1, 2)
    shares = torch.tensor([3 / 8, 7 / 8])  # of the two classes, over examples and places
    bits = -(shares * shares.log2() + (1 - shares) * (1 - shares).log2())
    assert float(entropy(places, y)) == pytest.approx(float(bits.mean()), abs=1e-3)
    with pytest.raises(LucioleError, match="label for each of 8"):
        entropy(on, y[:3])


def test_hidden_units_alone_have_a_psp_and_a_silent_one_has_no_entropy():
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 0]]))
        network[0].bias.copy_(torch.tensor([0.0, 0, -1]))
    x, y = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]), torch.tensor([0, 0, 1, 1])
    found = psp_entropy(network, x, y)
    assert [*found] == ["0"]
    assert found["0"].tolist() == pytest.approx([0, 1, 0], abs=2e-3)


def test_sharpness_is_the_hessian_s_largest_eigenvalue_over_present_weights():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    x, y = torch.randn(20, 3), torch.arange(20) % 3
    masks = Masks({name: torch.rand(mask.shape) > 0.4 for name, mask in full(network).items()})
    masks.apply(network)
    weights = {name: parameter.detach() for name, parameter in network.named_parameters()}

    def loss(flat):
        first, second = flat[:12].view(4, 3), flat[12:].view(3, 4)
        given = weights | {"0.weight": first, "2.weight": second}
        return functional.cross_entropy(torch.func.functional_call(network, given, (x,)), y)

    flat = torch.cat([weights["0.weight"].flatten(), weights["2.weight"].flatten()])
    there = torch.cat([masks["0.weight"].flatten(), masks["2.weight"].flatten()])
    hessian = torch.autograd.functional.hessian(loss, flat)[there][:, there]
    eigenvalues = torch.linalg.eigvalsh(hessian)
    largest = eigenvalues[eigenvalues.abs().argmax()]
    assert sharpness(network, x, y, masks, rounds=300) == pytest.approx(float(largest), rel=1e-3)
    with pytest.raises(LucioleError, match="another"):
        sharpness(nn.Linear(3, 3), x, y, masks)
