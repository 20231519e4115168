"""The published scores as the dictionary of NAS-Bench-Suite-Zero."""

import ast

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import originals, replica
from luciole.tables.table import Table

LISTED = np.sort(np.random.default_rng(0).permutation(nb201.SIZE)[:40])


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(1)
    columns = {}
    for prefix in ("c10", "in16"):
        for name in originals.PROXIES:
            where = np.arange(nb201.SIZE) if name == "zen" else LISTED  # zen was computed for every cell
            columns[f"{prefix}_{name}"] = np.full(nb201.SIZE, np.nan, dtype=np.float32)
            columns[f"{prefix}_{name}"][where] = rng.normal(size=len(where))
    columns["c100_zen"] = columns["c10_zen"]
    return Table("nb201_zcp", columns, source="invented", index=nb201.index)


@pytest.fixture(scope="module")
def main():
    values = np.arange(nb201.SIZE, dtype=np.float32) / 200
    return Table("nb201", {"c10_val200_s": values}, source="invented", index=nb201.index)


def test_cells_are_those_that_the_suite_scored_under_its_names(scores, main):
    api = tables.as_zc_api(scores, main)
    assert list(api) == ["cifar10", "ImageNet16-120"]
    for prefix, found in (("c10", api["cifar10"]), ("in16", api["ImageNet16-120"])):
        assert len(found) == len(LISTED)
        rows = nb201.index(replica.cells([ast.literal_eval(cell) for cell in found]))  # what NASLib does with keys
        assert sorted(rows.tolist()) == LISTED.tolist()
        for cell, row in zip(found, rows.tolist(), strict=True):
            for name in originals.PROXIES:
                assert found[cell][name]["score"] == scores[f"{prefix}_{name}"][row]
    cell = next(iter(api["cifar10"]))
    row = int(nb201.index(replica.cells([ast.literal_eval(cell)]))[0])
    assert api["cifar10"][cell]["val_accuracy"] == main["c10_val200_s"][row]


def test_what_is_not_held_is_refused_by_name(scores, main):
    api = tables.as_zc_api(scores, main)
    cell = next(iter(api["cifar10"]))
    with pytest.raises(LucioleError, match=rf"does not hold 'time' of snip of \({cell[1:-1]}\) on cifar10"):
        api["cifar10"][cell]["snip"]["time"]
    with pytest.raises(LucioleError, match="does not hold 'val_accuracy'"):
        api["ImageNet16-120"][cell]["val_accuracy"]
    with pytest.raises(LucioleError, match="as NASLib writes it"):
        api["cifar10"]["|none~0|"]
    assert "|none~0|" not in api["cifar10"] and cell in api["cifar10"]
    with pytest.raises(LucioleError, match="the table of scores and the main one"):
        tables.as_zc_api(main)


def test_the_true_table_has_the_suite_s_cells(data_folder):
    api = tables.as_zc_api(tables.nb201_zcp(), tables.nb201())
    assert len(api["cifar10"]) == len(api["ImageNet16-120"]) == 9_445
    assert len(api["cifar100"]) < 1_000  # an early run of the suite, kept in its history
    assert api["cifar10"]["(4, 0, 3, 1, 4, 3)"]["val_accuracy"] == pytest.approx(84.99, abs=1e-4)  # the relay's line
