"""The replica: read without importing its package, decoded edge by edge, compared with the original."""

import subprocess
import sys

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import replica, unpickle

THEIR_OPS = {0: "skip_connect", 1: "none", 2: "nor_conv_3x3", 3: "nor_conv_1x1", 4: "avg_pool_3x3"}
THEIR_EDGES = ["0->1", "0->2", "0->3", "1->2", "1->3", "2->3"]


@pytest.fixture(scope="module")
def held():
    return unpickle.load(replica.data_file()[0], replica.RECORDS)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUCIOLE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def table(cache):
    return tables.nb201_replica()


def spell(cell) -> str:
    """Write the benchmark's string from the replica's tuple, an edge at a time."""
    op = {edge: THEIR_OPS[code] for edge, code in zip(THEIR_EDGES, cell, strict=True)}
    nodes = [
        "|" + "".join(f"{op[f'{source}->{target}']}~{source}|" for source in range(target)) for target in (1, 2, 3)
    ]
    return "+".join(nodes)


def test_every_cell_is_at_its_official_index(table, held):
    index = {arch.decode(): i for i, arch in enumerate(table["arch"])}
    assert len(held) == len(index) == nb201.SIZE
    for cell, record in list(held.items())[::37]:
        i = index[spell(cell)]
        for attribute, column in replica.QUANTITIES.items():
            assert table[column][i] == np.float32(vars(record)[attribute])
    assert all(np.isfinite(table[column]).all() for column in replica.QUANTITIES.values())


def test_roles_say_what_the_replica_is_not(table):
    assert "no validation accuracy" in table.roles["valid"].meaning
    assert table.roles["cost_seconds"].estimated
    assert "not the original" in table.source
    assert "c10_test200" not in table  # another training never takes the original's name
    assert (table.role("test") == table["c10_replica_test"]).all()
    counts = np.stack([(nb201.all_cells() == op).sum(axis=1) for op in range(5)], axis=1)
    assert table.role("cost_seconds") == pytest.approx(counts @ replica.SECONDS_PER_EDGE, rel=1e-6)


def test_isomorphic_cells_train_alike(table):
    """Cells that compute the same function differ by training noise only: the decoding checked without the original."""
    values = table.role("test")
    others = np.flatnonzero(nb201.iso() != np.arange(nb201.SIZE))

    def apart(accuracies):
        return np.median(np.abs(accuracies - accuracies[nb201.iso()])[others])

    assert apart(values) < apart(np.random.default_rng(0).permutation(values)) / 4


def test_the_package_is_not_imported():
    program = (
        "import sys; from luciole.tables import replica; replica.columns(replica.data_file()[0]); "
        "print([name for name in sys.modules if 'analog' in name or name == 'torch'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_agrees_with_the_original(data_folder):
    agreement = tables.replica_agreement()
    assert agreement.cells == nb201.SIZE
    assert agreement.spearman == pytest.approx(0.991, abs=2e-3)
    assert agreement.kendall == pytest.approx(0.926, abs=2e-3)
    assert agreement.spearman_top < agreement.spearman  # near the top, training noise is what remains


def test_the_cost_model_is_the_least_squares_fit(data_folder):
    cost = tables.nb201()["c10_cost12_s"].astype(np.float64)
    counts = np.stack([(nb201.all_cells() == op).sum(axis=1) for op in range(5)], axis=1).astype(float)
    fit = np.linalg.lstsq(counts, cost, rcond=None)[0]
    np.testing.assert_allclose(replica.SECONDS_PER_EDGE, fit, atol=1e-3)
    residual = cost - replica.estimated_cost(nb201.all_cells())
    assert 1 - residual.var() / cost.var() == pytest.approx(0.993, abs=1e-3)


def test_without_the_original_agreement_cannot_be_measured(monkeypatch):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    monkeypatch.setenv("LUCIOLE_OFFLINE", "1")
    with pytest.raises(LucioleError, match="expected the original table"):
        tables.replica_agreement()


def test_foreign_data_is_refused(tmp_path, held, monkeypatch):
    (tmp_path / "data.anb").write_bytes(replica.data_file()[0].read_bytes()[:-1])
    with pytest.raises(LucioleError, match="expected SHA-256 85f3435b877aa2d3"):
        replica.columns(tmp_path / "data.anb")
    some = dict(list(held.items())[:3])
    with pytest.raises(LucioleError, match="expected 15625 cells"):
        replica.parse(some, "gift")
    with pytest.raises(LucioleError, match="expected a number baseline_accuracy"):
        replica.parse({**held, next(iter(held)): unpickle.Record()}, "gift")
    with pytest.raises(LucioleError, match=r"operations 0\.\.4"):
        replica.cells([[0, 1, 2, 3, 4, 5]])
    with pytest.raises(LucioleError, match="six integers"):
        replica.cells([[0, 1]])
    monkeypatch.setattr(replica, "PACKAGE", "luciole-no-such-package")
    with pytest.raises(LucioleError, match=r"luciole-no-such-package.*pip install 'luciole\[nas201-api\]'"):
        replica.data_file()
