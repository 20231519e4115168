"""The agreement of the replica with the original: what is committed is what the tables give."""

from dataclasses import replace

import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.nb201 import replica as nb201_replica


def test_the_committed_agreement_is_what_the_tables_give(data_folder):
    kept = results.read("nb201/replica")
    rng = np.random.default_rng(0)
    assert "5 numbers of 1 of 1 units" in attestation.sentence(nb201_replica.rederive("", kept, rng, None), "replica")
    altered = replace(kept, data=kept.frame.assign(spearman=kept.frame["spearman"] + 1e-6))
    with pytest.raises(LucioleError, match="spearman of the agreement is"):
        attestation.sentence(nb201_replica.rederive("", altered, rng, None), "replica")


def test_without_the_original_nothing_is_compared(monkeypatch):
    def absent():
        raise LucioleError("expected the original table")

    monkeypatch.setattr(nb201_replica.tables, "replica_agreement", absent)
    with pytest.raises(attestation.Unavailable, match="expected the original table"):
        nb201_replica.rederive("", results.read("nb201/replica"), np.random.default_rng(0), None)


def test_the_order_of_the_whole_space_agrees():
    kept = results.read("nb201/replica").frame.iloc[0]
    assert kept["cells"] == 15_625 and kept["spearman"] > 0.99 and abs(kept["difference"]) < 1
