"""A linear classifier of the window's statistics, as a network of the sensor space, so that it is exported like one.

Each class's sum is written into two units of the statistics' branch, once with its sign turned, so that the ReLU behind
them loses nothing; the convolutions beside them are the smallest there are, and nobody listens to them.

>>> X = np.random.default_rng(0).normal(size=(60, 3, 32)).astype(np.float32)
>>> y = np.arange(60) % 2
>>> X[y == 1] *= 3
>>> network = fit("logistic regression", torch.from_numpy(X), torch.from_numpy(y), classes=2)
>>> float((network(torch.from_numpy(X)).argmax(1).numpy() == y).mean())
1.0
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.design.candidates import smallest_design
from luciole.errors import LucioleError, extra
from luciole.networks import har1d as networks
from luciole.networks.statistics import Statistics
from luciole.spaces import Rows, har1d

with extra("sensors"):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression

KINDS = ("linear discriminant", "logistic regression")  # on the statistics, both
BATCH = 512  # windows described at once
NEVER = -30.0  # what a class scores that no window taught


def holds(classes: int) -> bool:
    """Whether a design of the space holds a linear classifier of so many classes."""
    return 2 * classes <= max(har1d.STATISTICS)


def genotype(classes: int) -> Rows:
    """The smallest design whose statistics' units hold so many classes, two units a class.

    Raises LucioleError for more classes than the largest holds.
    """
    for gene, units in enumerate(har1d.STATISTICS):
        if units >= 2 * classes:
            row = smallest_design()
            row[-1] = gene
            return row
    raise LucioleError(f"expected at most {max(har1d.STATISTICS) // 2} classes for a linear classifier, got {classes}")


@torch.no_grad()
def describe(windows: Tensor) -> NDArray[np.float32]:
    """The statistics of normalised windows (n, channels, time): (n, numbers)."""
    statistics = Statistics()
    return np.concatenate([statistics(batch).numpy() for batch in windows.split(BATCH)])


def fit(kind: str, windows: Tensor, y: Tensor, classes: int) -> networks.Network:
    """Fit a classifier of :data:`KINDS` on normalised windows and return it as a network in evaluation mode."""
    numbers, labels = describe(windows), y.numpy()
    mean, variance = numbers.mean(axis=0), numbers.var(axis=0)
    network = networks.build(genotype(classes), windows.shape[1], classes, torch.Generator().manual_seed(0))
    assert isinstance(network.statistics, nn.Sequential)
    _, norm, units, after, _ = network.statistics
    assert isinstance(norm, nn.BatchNorm1d) and isinstance(after, nn.BatchNorm1d) and isinstance(units, nn.Linear)
    assert norm.running_mean is not None and norm.running_var is not None and after.running_var is not None
    scaled = (numbers - mean) / np.sqrt(variance + norm.eps)
    model = (
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        if kind == "linear discriminant"
        else LogisticRegression(C=0.1, max_iter=300)
    ).fit(scaled, labels)
    weight, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row says which of the two
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    with torch.no_grad():
        norm.running_mean.copy_(torch.from_numpy(mean))
        norm.running_var.copy_(torch.from_numpy(variance))
        after.running_var.fill_(1 - after.eps)
        for tensor in (units.weight, network.classifier.weight, network.classifier.bias):
            tensor.zero_()
        network.classifier.bias.fill_(NEVER)
        first = network.classifier.in_features - units.out_features
        for place, label in enumerate(model.classes_.tolist()):
            row = torch.from_numpy(weight[place]).float()
            units.weight[2 * label], units.weight[2 * label + 1] = row, -row
            network.classifier.weight[label, first + 2 * label] = 1.0
            network.classifier.weight[label, first + 2 * label + 1] = -1.0
            network.classifier.bias[label] = float(bias[place])
    return network.eval()
