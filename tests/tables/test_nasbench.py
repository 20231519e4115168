"""NAS-Bench-101 behind the interface of the package nasbench: from a small file of its own format."""

import sys
from pathlib import Path

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb101
from luciole.tables import nasbench101
from luciole.tables.nasbench import ModelSpec, OutOfDomainError

sys.path.insert(0, str(Path(__file__).parent))

from test_nasbench101 import CHAIN, DIAMOND, training

CONV3, CONV1, POOL = nb101.OPS


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("nb101") / nasbench101.OFFICIAL
    path.write_bytes(
        training(CHAIN, [CONV3], 108, 300_000, 0.90, 0.88, 1000.0)
        + training(CHAIN, [CONV3], 108, 300_000, 0.92, 0.90, 1100.0)
        + training(DIAMOND, [POOL, CONV1], 108, 5_000, 0.8, 0.7, 500.0)
    )
    nasbench101.prepare(path, path.with_suffix(".npz"))
    return nasbench101.open_prepared(path.with_suffix(".npz"))


@pytest.fixture
def api(table):
    return tables.as_nasbench(table)


CHAIN_SPEC = ModelSpec(CHAIN, ["input", CONV3, "output"])
SWAPPED = ModelSpec(np.array(DIAMOND), ["input", CONV1, POOL, "output"])  # the file has its vertices the other way


def test_a_query_answers_and_counts(api):
    found = api.query(CHAIN_SPEC)
    assert found == {
        "module_adjacency": pytest.approx(np.array(CHAIN)),
        "module_operations": ["input", CONV3, "output"],
        "trainable_parameters": 300_000,
        "training_time": pytest.approx(1050),
        "validation_accuracy": pytest.approx(0.91),
        "test_accuracy": pytest.approx(0.89),
    }
    assert api.query(SWAPPED, epochs=108)["test_accuracy"] == pytest.approx(0.7)
    assert api.get_budget_counters() == (pytest.approx(1550), 216)
    assert api.training_time_spent == pytest.approx(1550)
    api.reset_budget_counters()
    assert api.get_budget_counters() == (0.0, 0)


def test_hashes_lead_to_the_same_figures(api):
    assert len(api.hash_iterator()) == 2
    for digest in api.hash_iterator():
        fixed, computed = api.get_metrics_from_hash(digest)
        spec = ModelSpec(fixed["module_adjacency"], fixed["module_operations"])
        assert spec.hash_spec(api.config["available_ops"]) == digest
        assert api.get_metrics_from_spec(spec)[1] == computed
        assert computed[108][0]["final_test_accuracy"] == pytest.approx(api.query(spec)["test_accuracy"])
        assert digest in api.fixed_statistics
    assert api.valid_epochs == {108}


@pytest.mark.parametrize(
    ("matrix", "ops", "said"),
    [
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], ["input", CONV3, "output"], "a path from input to output, got none"),
        (np.triu(np.ones((5, 5)), 1), ["input", CONV3, CONV3, CONV3, "output"], "9 edges, got 5 and 10"),
        (np.eye(8, k=1), ["input", *[CONV3] * 6, "output"], "at most 7 vertices"),
        (CHAIN, ["input", "conv5x5", "output"], "operations among"),
        (CHAIN, ["output", CONV3, "input"], "expected input, operations"),
    ],
)
def test_what_is_outside_the_benchmark_is_refused(api, matrix, ops, said):
    spec = ModelSpec(matrix, ops)
    assert not api.is_valid(spec)
    with pytest.raises(OutOfDomainError, match=said):
        api.query(spec)
    assert api.is_valid(CHAIN_SPEC)


def test_idle_vertices_are_pruned():
    matrix = np.zeros((5, 5), dtype=int)
    matrix[0, 1] = matrix[1, 4] = matrix[0, 2] = matrix[3, 4] = 1  # 2 ends nowhere, 3 begins nowhere
    spec = ModelSpec(matrix, ["input", CONV3, POOL, CONV1, "output"])
    assert spec.matrix.tolist() == CHAIN and spec.ops == ["input", CONV3, "output"]
    assert spec.original_matrix.shape == (5, 5) and len(spec.original_ops) == 5
    with pytest.raises(LucioleError, match="upper triangular"):
        ModelSpec(matrix.T, ["input", CONV3, POOL, CONV1, "output"])
    with pytest.raises(LucioleError, match="expected the operations conv3x3-bn-relu"):
        spec.hash_spec([POOL, CONV3, CONV1])


def test_what_is_not_held_is_refused_by_name(api, table):
    with pytest.raises(LucioleError, match="does not hold 'train_accuracy'"):
        api.query(CHAIN_SPEC)["train_accuracy"]
    with pytest.raises(LucioleError, match="half of the epochs"):
        api.query(CHAIN_SPEC, stop_halfway=True)
    with pytest.raises(OutOfDomainError, match="expected 108 epochs, got 12"):
        api.query(CHAIN_SPEC, epochs=12)
    with pytest.raises(LucioleError, match="trains nothing"):
        api.evaluate(CHAIN_SPEC, "folder")
    values = {name: table[name] for name in ("params", "test_acc108")}
    prepared = nasbench101.NB101Table(table.rows, table.hashes, values, "prepared file")
    with pytest.warns(UserWarning, match="this table has no training_time and no validation_accuracy"):
        poor = tables.as_nasbench(prepared)
    assert poor.query(CHAIN_SPEC)["test_accuracy"] == pytest.approx(0.89)
    with pytest.raises(LucioleError, match="does not hold 'validation_accuracy'"):
        poor.query(CHAIN_SPEC)["validation_accuracy"]
    with pytest.raises(LucioleError, match="so no clock runs"):
        poor.get_budget_counters()


@pytest.mark.filterwarnings("ignore:this table has no")
def test_every_cell_of_the_true_table_answers_by_its_hash(data_folder):
    table = nasbench101.open_prepared(data_folder / nasbench101.PREPARED)
    api = tables.as_nasbench(table)
    assert len(api.hash_iterator()) == nb101.SIZE
    for row in np.random.default_rng(0).integers(nb101.SIZE, size=200).tolist():
        fixed = api.get_metrics_from_hash(table.hashes[row].tobytes().hex())[0]
        spec = ModelSpec(fixed["module_adjacency"], fixed["module_operations"])
        found = api.query(spec)
        assert found["test_accuracy"] == pytest.approx(float(table["test_acc108"][row]))
        assert found["trainable_parameters"] == table["params"][row]
