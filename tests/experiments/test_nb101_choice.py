"""The choice of scores on NAS-Bench-101: its cells, its networks, its sets."""

import numpy as np
import pytest
import torch

from luciole.experiments.nb101 import choice as study
from luciole.networks import nb101 as networks
from luciole.scores.aggregate import log_rank
from luciole.scores.quality import tau
from luciole.spaces import nb101

ROW = nb101.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["conv3x3-bn-relu"])[0]


def test_a_staged_network_computes_the_same():
    network = networks.build(ROW, torch.Generator().manual_seed(0), stem=8).eval()
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    assert torch.equal(study.Staged(network)(x), network(x))


def test_every_score_of_the_pool_is_there_and_repeats():
    batch = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    values = study.score(ROW, batch)
    assert len(values) == len(study.POOL) and np.isfinite(values).all()
    assert study.score(ROW, batch) == values


def test_all_sets_are_tried_and_the_best_comes_first():
    rng = np.random.default_rng(0)
    accuracy = rng.normal(size=60)
    scores = {"good": accuracy + 0.3 * rng.normal(size=60), "fair": accuracy + rng.normal(size=60)}
    scores["blind"] = rng.normal(size=60)
    found = study.choose(scores, accuracy)
    assert len(found["names"]) == 4 and found["names"][0] == "good + fair" and (np.diff(found["tau"]) <= 0).all()
    expected = tau(log_rank([scores["good"], scores["fair"]]), accuracy)
    assert found["tau"][0] == pytest.approx(expected)
