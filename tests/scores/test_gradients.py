"""Scores on gradients, against copies of the network, plain backward passes and finite differences."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from luciole.scores.jacobian import epe_nas, jacov
from luciole.scores.saliency import fisher, fisher_published, grad_norm, grasp, l2_norm, plain, snip
from luciole.scores.samples import gradsign, gradsign_mean, knas, ntk
from luciole.scores.zico import zico

WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Linear)


def backward(network, batch, labels):
    """Return (weight, gradient) of every convolution and linear layer after one ordinary backward pass."""
    network = copy.deepcopy(network).train()
    functional.cross_entropy(network(batch), labels).backward()
    return [(m.weight.detach(), m.weight.grad) for m in network.modules() if isinstance(m, WEIGHTED)]


def test_first_order_saliencies(case):
    network, batch, labels = case
    pairs = backward(network, batch, labels)
    assert grad_norm(network, batch, labels) == pytest.approx(sum(math.sqrt((g**2).sum()) for _, g in pairs))
    assert snip(network, batch, labels) == pytest.approx(sum(float((w * g).abs().sum()) for w, g in pairs))
    total = sum(float((w * g).sum()) for w, g in pairs)
    assert plain(network, batch, labels) == pytest.approx(total, rel=1e-6, abs=1e-12)
    assert l2_norm(network, batch) == pytest.approx(sum(math.sqrt((w**2).sum()) for w, _ in pairs))


def test_grasp_is_the_hessian_by_finite_differences(case):
    network, batch, labels = case
    pairs, step = backward(network, batch, labels), 1e-6
    moved = []
    for sign in (1, -1):
        shifted = copy.deepcopy(network)
        layers = [m for m in shifted.modules() if isinstance(m, WEIGHTED)]
        with torch.no_grad():
            for layer, (_, gradient) in zip(layers, pairs, strict=True):
                layer.weight += sign * step * gradient
        moved.append([g for _, g in backward(shifted, batch, labels)])
    product = [(up - down) / (2 * step) for up, down in zip(*moved, strict=True)]
    expected = -sum(float((w * hg).sum()) for (w, _), hg in zip(pairs, product, strict=True))
    assert grasp(network, batch, labels) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_fisher_loops_over_channels(case, watched):
    network, batch, labels = case
    logits, calls = watched(network, batch)
    outputs = [out for _, module, _, out in calls if isinstance(module, WEIGHTED)]
    slopes = torch.autograd.grad(functional.cross_entropy(logits, labels), outputs)
    weights = [module.weight for _, module, _, _ in calls if isinstance(module, WEIGHTED)]
    expected = published = 0.0
    for out, slope, weight in zip(outputs, slopes, weights, strict=True):
        for channel in range(out.shape[1]):
            each = [float((out[i, channel] * slope[i, channel]).sum()) for i in range(len(batch))]
            value = 0.5 * sum(one**2 for one in each) / len(batch)
            expected += value
            published += sum(value for _ in weight[channel].flatten())  # once for each weight of the channel
    assert fisher(network, batch, labels) == pytest.approx(expected)
    assert fisher_published(network, batch, labels) == pytest.approx(published)


def jacobian(network, batch):
    x = batch.clone().requires_grad_()
    copy.deepcopy(network).train()(x).sum().backward()
    return x.grad.flatten(1).numpy()


def test_jacov_and_epe_nas(case):
    network, batch, labels = case
    rows = jacobian(network, batch)
    values = np.linalg.eigvalsh(np.corrcoef(rows))
    expected = -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in values)
    assert jacov(network, batch) == pytest.approx(expected, rel=1e-5)
    total = 0.0
    for label in (0, 1, 2):
        matrix = np.corrcoef(rows[labels.numpy() == label])
        total += abs(sum(math.log(abs(entry) + 1e-5) for entry in matrix.flat))
    assert epe_nas(network, batch, labels) == pytest.approx(total, rel=1e-6)


def test_epe_nas_beyond_a_hundred_classes():
    network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 101)).double()
    batch, labels = torch.randn(202, 6, dtype=torch.float64), torch.arange(202) % 101
    rows = jacobian(network, batch)
    each = [np.log(np.abs(np.corrcoef(rows[labels.numpy() == c])) + 1e-5).sum() / 4 for c in range(101)]
    expected = sum(abs(a - b) for a in each for b in each) / 101
    assert epe_nas(network, batch, labels) == pytest.approx(expected, rel=1e-8)


def test_scores_of_single_samples(case):
    network, batch, labels = case
    network.body = network.body[:3]  # stop before the map is one place, which one sample cannot normalise
    network.last = nn.Tanh()  # a map just normalised has a mean of zero over one sample
    network.classifier = nn.Linear(8, 3).double()
    rows = []
    for i in range(len(batch)):
        pairs = backward(network, batch[i : i + 1], labels[i : i + 1])
        rows.append(np.concatenate([g.flatten().numpy() for _, g in pairs]))
    gram = [[float(one @ other) for other in rows] for one in rows]
    assert knas(network, batch, labels) == pytest.approx(np.mean(gram), rel=1e-8)
    signs = np.sign(np.where(np.abs(rows) < 1e-12, 0, rows))  # what is zero but for rounding has no sign
    clear = (np.abs(rows) > 1e-12).all(axis=0)
    assert clear.mean() > 0.5
    found = gradsign_mean(network, batch, labels)
    assert gradsign(network, batch, labels) == pytest.approx(found * len(clear), rel=1e-6)
    low = np.abs(signs[:, clear].sum(axis=0)).sum() / len(clear)
    assert low - 1e-9 <= found <= low + len(batch) * (1 - clear.mean())


def test_ntk_one_backward_pass_a_sample(case):
    network, batch, _ = case
    rows = []
    for i in range(len(batch)):
        one = copy.deepcopy(network).train()
        one(batch)[i].sum().backward()
        rows.append(torch.cat([m.weight.grad.flatten() for m in one.modules() if isinstance(m, WEIGHTED)]).numpy())
    values = np.linalg.eigvalsh(np.array(rows) @ np.array(rows).T)
    assert ntk(network, batch) == pytest.approx(-values[-1] / values[0], rel=1e-6)
    assert ntk(network, batch.repeat(2, *[1] * (batch.ndim - 1))) == -math.inf  # twice the same row


def test_zico_from_two_halves(case):
    network, batch, labels = case
    first, second = (backward(network, batch[part], labels[part]) for part in (slice(0, 4), slice(4, 7)))
    expected = 0.0
    for (_, one), (_, other) in zip(first, second, strict=True):
        both = np.stack([one.numpy().ravel(), other.numpy().ravel()])
        spread = both.std(axis=0)
        if (spread > 0).any():
            ratio = (np.abs(both).mean(axis=0)[spread > 0] / spread[spread > 0]).sum()
            expected += math.log(ratio)
    assert zico(network, batch, labels) == pytest.approx(expected, rel=1e-6)
