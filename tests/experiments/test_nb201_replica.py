"""The agreement of the replica with the original: what is committed is what the tables give."""

import pytest

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.nb201 import replica as nb201_replica


def test_the_committed_agreement_is_what_the_tables_give(data_folder):
    kept = results.read("nb201/replica").frame
    nb201_replica.rederive(kept)
    with pytest.raises(LucioleError, match="is not what the tables give"):
        nb201_replica.rederive(kept.assign(spearman=kept["spearman"] + 1e-6))


def test_the_order_of_the_whole_space_agrees():
    kept = results.read("nb201/replica").frame.iloc[0]
    assert kept["cells"] == 15_625 and kept["spearman"] > 0.99 and abs(kept["difference"]) < 1
