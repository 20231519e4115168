"""Costs on a Cortex-M: the loops compared with compute the same, the table of operators is found and written."""

import numpy as np
import pandas as pd
import pytest
import torch

from luciole import attestation, results
from luciole.datasets.windows import Normalisation
from luciole.devices import c, foretell, native
from luciole.devices.cortex_m import missing
from luciole.devices.lower import plan
from luciole.experiments.devices import cortex_m, plain, table
from luciole.networks.har_baselines import BASELINES
from luciole.report import devices as report


@pytest.mark.parametrize("which", ["TinyTNAS network", 0, 1])
def test_plain_loops_compute_the_same(which):
    if native.missing():
        pytest.skip(native.missing())
    if isinstance(which, str):
        network = BASELINES[which](9, 6, 128, torch.Generator().manual_seed(0)).eval()
        constants, windows = Normalisation(np.zeros(9, np.float32), np.ones(9, np.float32)), np.ones((2, 9, 128))
    else:
        network, constants, windows = cortex_m._untrained(cortex_m.designs(2)[which])
    ours = plan(network, constants, 128)
    first, second = (
        native.scores(texts, "net", ours, windows[:2]) for texts in (c.emit(ours, "net"), plain.emit(ours, "net"))
    )
    assert first.shape == (2, 6)
    assert np.allclose(first, second, atol=1e-4)


def test_the_fit_finds_a_table():
    """Instructions that follow the terms exactly give the terms back; terms that cost nothing stay at zero."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(1, 1000, size=(100, len(foretell.TERMS))), columns=list(foretell.TERMS))
    truth = np.where(np.arange(len(foretell.TERMS)) % 3, rng.uniform(1, 9, len(foretell.TERMS)), 0.0)
    code = pd.DataFrame(rng.integers(1, 50, size=(100, len(foretell.CODE))))
    code.columns = [f"code: {name}" for name in foretell.CODE]
    frame = frame.assign(layers=frame.to_numpy() @ truth, bits=32, core="m4f", statistics=11520)
    frame = pd.concat([frame, code], axis=1).assign(weights=1000, flash=1000 + code.to_numpy() @ np.arange(1.0, 7))
    frame["genotype"] = [str(place) for place in range(100)]
    assert np.allclose(cortex_m.fitted(frame, "m4f"), truth, atol=1e-6)
    assert np.allclose(cortex_m.fitted_code(frame), np.arange(1.0, 7), atol=1e-6)
    told: dict = {}
    exec(table.text(pd.concat([frame, frame.assign(core="m0+")])), told)
    assert list(told["TABLE"]) == ["m4f", "m0+"] and list(told["BYTES"]) == list(foretell.CODE)
    assert np.allclose(list(told["TABLE"]["m4f"].values()), truth, rtol=6e-3, atol=1e-6)
    assert told["STATISTICS"] == {"m4f": 10.0, "m0+": 10.0}


@pytest.mark.check  # ten seconds
@pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")
def test_an_altered_count_is_named(monkeypatch):
    """One design is printed, compiled and emulated again: as committed, or the number that differs is told."""
    kept = results.read(cortex_m.DESIGNS, part=True)
    monkeypatch.setattr(cortex_m, "tools", lambda: kept.provenance.parameters["tools"])
    said = attestation.sentence(cortex_m.rederive(cortex_m.DESIGNS, kept, np.random.default_rng(0), 1), "it")
    assert "1 of" in said
    kept.frame["layers"] += 40
    with pytest.raises(attestation.LucioleError, match="layers"):
        attestation.sentence(cortex_m.rederive(cortex_m.DESIGNS, kept, np.random.default_rng(0), 1), "it")


def test_a_hand_made_network_is_compared_without_answers(monkeypatch):
    """Only networks with trained weights answer windows: a draw without one of those has no such columns."""
    rows = [{"dataset": "wisdm", "model": "MLP", "bits": 32, "how": "printed", "core": "m4f", "layers": 9}]
    kept = pd.DataFrame(rows).assign(same=np.nan, apart=np.nan)
    record = type("Record", (), {"parameters": {"tools": {}}})
    for name, value in (("missing", str), ("tools", dict), ("deployed", lambda *_: rows)):
        monkeypatch.setattr(cortex_m, name, value)
    monkeypatch.setattr(cortex_m.protocol, "here", lambda names: ([*names], []))
    told = cortex_m.rederive(cortex_m.NETWORKS, results.Result(kept, record, ()), np.random.default_rng(0), None)
    assert told.units == ["wisdm, MLP, 32 bits, printed, m4f"]
    assert "1 of 1" in attestation.sentence(told, "it")


def test_the_share_that_is_smaller_in_eight_bits_counts_designs_that_have_both():
    rows = [("a", 32, 9), ("a", 8, 4), ("b", 32, 9), ("b", 8, 9), ("c", 32, 9)]
    frame = pd.DataFrame(rows, columns=["genotype", "bits", "memory"]).assign(core="m4f")
    assert report.smaller(pd.concat([frame, frame.assign(core="m0+", memory=0)]), "memory") == 0.5
