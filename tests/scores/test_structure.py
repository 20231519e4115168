"""SynFlow, Zen, AZ-NAS, MeCo, VKDNW and the counts, against loops, identities and brute force."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.scores import SCORES, cells, draws
from luciole.scores.aznas import expressivity, progressivity, trainability
from luciole.scores.meco import meco
from luciole.scores.synflow import logsynflow, synflow
from luciole.scores.vkdnw import _covariance, _factor, vkdnw, vkdnw_released
from luciole.scores.zen import zen
from luciole.spaces import nb201


def chain(*widths):
    layers = []
    for narrow, wide in itertools.pairwise(widths):
        layers += [nn.Linear(narrow, wide, bias=False), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).double()


def test_synflow_of_a_chain_is_depth_times_its_product():
    """Every path passes each layer once, so each layer carries the whole flow 1^T |W_3| |W_2| |W_1| 1."""
    network = chain(3, 5, 4, 2)
    product = np.ones(3)
    for layer in network:
        if isinstance(layer, nn.Linear):
            product = np.abs(layer.weight.detach().numpy()) @ product
    assert synflow(network, torch.zeros(2, 3)) == pytest.approx(math.log(3 * product.sum()))


def test_synflow_sees_no_data_no_sign_and_no_normalisation(case):
    network, batch, _ = case
    value = synflow(network, batch)
    assert synflow(network, batch * 0 + 3) == value == synflow(network, batch[:1].float())
    flipped = copy.deepcopy(network)
    with torch.no_grad():
        for weight in flipped.parameters():
            weight *= -1
        for module in flipped.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.running_var *= 9
    assert synflow(flipped, batch) == pytest.approx(value)


def test_synflow_by_finite_differences(case):
    """The weight times the slope is how the output follows a relative change of the weight."""
    network, batch, _ = case
    positive = copy.deepcopy(network).eval()
    for name, module in list(positive.named_modules()):
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            parent = positive.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], nn.Identity())
    with torch.no_grad():
        for weight in positive.parameters():
            weight.abs_()
        ones, total, logs = torch.ones_like(batch[:1]), 0.0, 0.0
        weights = [m.weight for m in positive.modules() if isinstance(m, nn.Conv1d | nn.Conv2d | nn.Linear)]
        for weight in weights:
            kept = weight.clone()
            weight.mul_(1 + 1e-6)
            up = float(positive(ones).sum())
            weight.copy_(kept)
            total += (up - float(positive(ones).sum())) / 1e-6
            if weight.numel() <= 108:  # the logarithm, weight by weight, of the small layers
                continue
        slopes = []
    for weight in weights:
        weight.requires_grad_()
    slopes = torch.autograd.grad(positive(ones).sum(), weights, allow_unused=True)
    logs = sum(
        float((w.detach() * torch.log(1 + g)).sum()) for w, g in zip(weights, slopes, strict=True) if g is not None
    )
    assert synflow(network, batch) == pytest.approx(math.log(total), rel=1e-4)
    assert logsynflow(network, batch) == pytest.approx(logs)


def test_synflow_of_a_network_whose_flow_overflows():
    network = chain(*[4] * 9)
    for layer in network:
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, 1e40 / 4)
    assert synflow(network, torch.zeros(1, 4)) == pytest.approx(math.log(8 * 4) + 8 * 40 * math.log(10))
    deep = chain(*[4] * 40)
    for layer in deep:
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, 1e40)
    with pytest.raises(LucioleError, match="overflows"):
        synflow(deep, torch.zeros(1, 4))


def test_zen_step_by_step(case, watched):
    network, batch, _ = case
    value = zen(network, batch, seed=3)
    changed = copy.deepcopy(network)
    with torch.no_grad():
        changed.classifier.weight += 5
        changed.stem[0].weight *= 2
    assert zen(changed, batch + 7, seed=3) == value  # its own weights, its own noise
    generator = torch.Generator().manual_seed(4)
    x, e = (torch.randn(batch.shape, generator=generator).double() for _ in range(2))
    gaussian = copy.deepcopy(network)
    gaussian.load_state_dict(draws.normal(network, draws.unit, 3), strict=False)
    features, total = [], 0.0
    for given_input in (x, x + 0.01 * e):
        _, calls = watched(gaussian, given_input)
        features.append(next(i for _, m, i, _ in calls if type(m).__name__.startswith("AdaptiveAvg")))
        if given_input is x:
            for _, module, entered, _ in calls:
                if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                    channels = entered.detach().transpose(0, 1).flatten(1).numpy()
                    total += 0.5 * math.log(np.mean([np.var(one) for one in channels]))
    delta = (features[0] - features[1]).abs().flatten(1).sum(dim=1).mean()
    assert value == pytest.approx(math.log(float(delta)) + total, rel=1e-5)


def entropy(features):
    rows = features.detach().transpose(0, 1).flatten(1).numpy()
    values = np.linalg.eigvalsh(np.cov(rows, bias=True)).clip(0)
    share = values / values.sum()
    return -sum(s * math.log(s + 1e-8) for s in share)


def test_expressivity_and_progressivity(case, watched):
    network, batch, _ = case
    outputs = {name: out for name, _, _, out in watched(network, batch)[1]}
    found = [entropy(outputs[name]) for name in ("stem", *(f"body.{i}" for i in range(5)))]
    assert expressivity(network, batch) == pytest.approx(sum(found), rel=1e-6)
    steps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert progressivity(network, batch) == pytest.approx(min(steps), rel=1e-4, abs=1e-6)


class Blocks(nn.Module):
    """A stem and given blocks, as AZ-NAS looks at them."""

    def __init__(self, *blocks):
        super().__init__()
        self.stem, self.body = nn.Conv2d(3, 4, 1), nn.Sequential(*blocks)

    def forward(self, x):
        return self.body(self.stem(x)).flatten(2).mean(dim=2)


def test_trainability_of_linear_blocks():
    torch.manual_seed(0)
    scaled, strided = nn.Conv2d(4, 4, 1, bias=False), nn.Conv2d(4, 5, 2, stride=2, bias=False)
    network, batch = Blocks(scaled, strided).double(), torch.randn(6, 3, 8, 8, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    expected = []
    for weight, side in ((scaled.weight, 8), (strided.weight, 4)):
        signs = 2.0 * torch.randint(0, 2, (6, len(weight), side, side), generator=generator, dtype=torch.int8) - 1
        signs = signs.double()
        # a place of the output is fed by its own patch: the gradient there is W^T g
        matrix = torch.zeros(weight[0].numel(), len(weight), dtype=torch.float64)
        for i, y, x in itertools.product(range(6), range(side), range(side)):
            out = signs[i, :, y, x]
            matrix += torch.outer(weight.detach().flatten(1).T @ out, out) / (6 * side * side)
        s = float(np.linalg.svd(matrix.numpy(), compute_uv=False)[0])
        expected.append(-s - 1 / (s + 1e-6) + 2)
    named = ["stem", "body.0", "body.1"]
    for found in (trainability(network, batch), trainability(network, batch, blocks=named)):
        assert found == pytest.approx(np.mean(expected), rel=1e-9)
    assert trainability(Blocks(nn.Identity()), torch.randn(2, 3, 8, 8), blocks=named[:2]) == -math.inf
    with pytest.raises(LucioleError, match="two feature maps"):
        trainability(nn.Sequential(nn.Linear(3, 2)), torch.randn(2, 3))


def test_meco_layer_by_layer(case, watched):
    network, batch, _ = case
    total = 0.0
    for _, _, _, output in watched(network, batch)[1]:
        if output.ndim < 3:
            continue
        rows = output[0].detach().flatten(1).numpy()
        if len(rows) >= rows.shape[1]:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            total += max(0.0, np.linalg.eigvalsh(np.nan_to_num(np.corrcoef(rows)))[0])
    assert total > 0.1
    assert meco(network, batch) == pytest.approx(total, rel=1e-6)


def test_vkdnw_by_full_jacobians(case, monkeypatch):
    monkeypatch.setattr("luciole.scores.vkdnw._HALF", (0.95, 0.05))  # what half precision makes of them left out
    network, batch, _ = case
    drawn = copy.deepcopy(network).eval()
    drawn.load_state_dict(draws.normal(network, draws.kaiming, 0), strict=False)
    parameters = list(drawn.parameters())
    fisher, released = np.zeros((2, len(parameters), len(parameters)))
    for sample in batch:
        logits = drawn(sample[None])[0]
        columns = []
        for logit in logits:
            slopes = torch.autograd.grad(logit, parameters, retain_graph=True, allow_unused=True)
            columns.append([0.0 if slope is None else float(slope.flatten()[0]) for slope in slopes])
        chance = 0.95 * torch.softmax(logits, dim=0).detach().numpy() + 0.05 / 3
        jacobian = np.array(columns)
        fisher += jacobian.T @ (np.diag(chance) - np.outer(chance, chance)) @ jacobian / len(batch)
        # the factor of the first two classes of three, whose covariance is regular; the third is what they leave
        factor = np.zeros((3, 3))
        factor[:2, :2] = np.linalg.cholesky((np.diag(chance) - np.outer(chance, chance))[:2, :2])
        factor[2] = -factor[:2].sum(axis=0)
        released += (factor @ jacobian).T @ (factor @ jacobian) / len(batch)
    for score, matrix in ((vkdnw, fisher), (vkdnw_released, released)):
        deciles = np.quantile(np.linalg.eigvalsh(matrix).clip(0), np.arange(1, 10) / 10)
        share = deciles / (deciles.sum() + 1e-10)
        assert score(network, batch) == pytest.approx(-(share * np.log(share + 1e-10)).sum(), rel=1e-4)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=12))
def test_the_factor_times_itself_transposed_is_the_covariance(weights):
    chances = torch.tensor([weights, weights[::-1]], dtype=torch.float64)
    chances /= chances.sum(dim=1, keepdim=True)
    factor = _factor(chances)
    assert torch.allclose(factor @ factor.mT, _covariance(chances), atol=1e-9)
    assert torch.equal(factor, torch.tril(factor))


ROW = st.lists(st.integers(0, 4), min_size=6, max_size=6)


@settings(max_examples=15, deadline=None)
@given(ROW, st.sampled_from([1, 2]), st.sampled_from(["residual", "pool"]), st.integers(1, 2))
def test_closed_forms_agree_with_networks(row, dims, reduction, copies):
    skeleton = Skeleton(cells=copies, width=4, classes=3, dims=dims, reduction=reduction)
    network = build(row, skeleton, torch.Generator().manual_seed(0))
    exact = cells.measures(row, skeleton, 8)
    for name in ("params", "macs", "layers", "tensors"):
        assert SCORES[name](network, torch.zeros(1, 3, *[8] * dims)) == exact[name], name


@settings(max_examples=200, deadline=None)
@given(ROW)
def test_depth_and_paths_by_walking(row):
    edges = dict(zip(nb201.EDGES, row, strict=True))
    found = []
    for middle in ((), (1,), (2,), (1, 2)):
        stops = (0, *middle, 3)
        ops = [edges[(target, source)] for source, target in itertools.pairwise(stops)]
        if nb201.NONE not in ops:
            found.append(sum(op in (nb201.CONV1, nb201.CONV3) for op in ops))
    assert cells.paths(row) == len(found)
    assert cells.depth(row) == max(found, default=-1)
