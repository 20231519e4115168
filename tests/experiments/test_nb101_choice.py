"""The choice of scores on NAS-Bench-101: its cells, its networks, its sets."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from luciole import attestation
from luciole.errors import LucioleError
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


def test_cells_are_scored_and_the_choice_is_made_again(monkeypatch):
    rows = np.concatenate([ROW[None], nb101.sample(np.random.default_rng(0), 2)])
    accuracy = np.array([0.9, 0.91, 0.89])
    table = SimpleNamespace(source="made up", at=lambda asked, column: accuracy)
    batch = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(study, "sample", lambda: rows)
    monkeypatch.setattr(study, "need_images", lambda: None)
    monkeypatch.setattr(study, "images", lambda samples, side: (batch, None))
    monkeypatch.setattr(study.nasbench101, "load", lambda: table)
    values = np.array([study.score(row, batch) for row in rows])
    scores = {name: values[:, place] for place, name in enumerate(study.POOL)}
    scores["macs"] = networks.macs(rows, size=16, stem=16).astype(float)
    kept = {f"score_{name}": column for name, column in scores.items()} | study.judged(scores, accuracy)
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs={"accuracies": "made up"}))

    def again():
        return attestation.sentence(study.rederive("", result, np.random.default_rng(0), 3), "choice")

    assert "of 3 of 3 units" in again()
    for name, by, where in (("score_meco", 0.1, "score_meco of cell 0"), ("alone", 0.1, "alone of expressivity")):
        honest = kept[name]
        kept[name] = honest + by
        with pytest.raises(LucioleError, match=f"{where} is"):
            again()
        kept[name] = honest
    kept["sets_names"] = kept["sets_names"][::-1]
    with pytest.raises(LucioleError, match="sets_names of"):
        again()
