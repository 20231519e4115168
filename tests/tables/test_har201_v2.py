"""HAR-201's second version as a table: means over complete runs, queries with a price, refusals in one line."""

import json
import logging

import numpy as np
import pytest

from luciole import files, tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import har201_table, har201_v2

CLASSES = nb201.classes()
FEW = 100  # classes with a second seed
RUNS = [(0, 0), (1, 0), (0, 1), (1, 1)]


def arrays(runs=RUNS, last=1.0):
    """Class k has, in run r at evaluation e, k + 1000 e + 10 r hundredths of a percent; ``last``: its share trained."""
    count = len(CLASSES)
    made = {"classes": CLASSES.astype(np.int16), "position": np.searchsorted(CLASSES, nb201.iso()).astype(np.int16)}
    values = np.full((len(runs), 2, count), har201_table.MISSING, dtype=np.uint16)
    for at, (_, seed) in enumerate(runs):
        many = FEW if seed else count
        many = round(many * last) if at == len(runs) - 1 else many
        values[at, :, :many] = np.arange(many) + 1000 * np.arange(2)[:, None] + 10 * at
    for name in ("wisdm", "hapt"):
        made |= {f"{name}_epochs": np.array([4, 8]), f"{name}_runs": np.array(runs, dtype=np.int8)}
        made |= {f"{name}_{metric}": values for metric in har201_v2.METRICS}
        made[f"{name}_milliseconds"] = np.where(values[:, -1] < har201_table.MISSING, 500, har201_table.MISSING)
        made |= {f"{name}_params": np.arange(nb201.SIZE), f"{name}_macs": np.arange(nb201.SIZE)}
    return made


def cell(number):
    """An official index of class ``number``."""
    return int(CLASSES[number])


def test_means_are_over_the_complete_runs_of_each_class():
    table = har201_v2.Har201(arrays(), source="invented")
    assert table.complete("wisdm") == [0, 1, 2, 3]
    test = table["wisdm_test_acc_ep8"]
    assert test[cell(5)] == pytest.approx((5 + 1000 + 15) / 100)  # four runs: 0, 10, 20, 30
    assert test[cell(FEW)] == pytest.approx((FEW + 1000 + 5) / 100)  # two
    assert table["wisdm_runs"][cell(5)] == 4
    assert table["wisdm_seconds"][cell(5)] == pytest.approx(2.0)
    assert table["wisdm_seconds"][cell(FEW)] == pytest.approx(1.0)
    assert np.isnan(table["wisdm_test_acc_ep8_g1_s1"][cell(FEW)])
    np.testing.assert_array_equal(table.role("valid"), table["wisdm_valid_acc_ep8"])
    iso = nb201.iso()
    np.testing.assert_array_equal(test, test[iso])


@pytest.mark.parametrize(("runs", "complete"), [(RUNS[:2], [0]), (RUNS[:3], [0, 1]), (RUNS, [0, 1]), (RUNS[:1], [])])
def test_a_run_that_is_a_part_counts_in_no_mean(runs, complete):
    table = har201_v2.Har201(arrays(runs, last=0.5), source="invented")
    assert table.complete("hapt") == complete
    assert ("hapt_test_acc_ep8" in table) == bool(complete)
    part = len(runs) - 1
    assert table.query(cell(3), 8, seed=runs[part][1], dataset="hapt", group=runs[part][0]).runs == 1


def test_a_query_gives_one_training_or_a_mean_and_their_price():
    table = har201_v2.Har201(arrays(), source="invented")
    one = table.query(cell(7), epochs=4, seed=1, dataset="hapt", group=1)
    assert (one.test_acc, one.seconds, one.runs) == (pytest.approx(0.37), pytest.approx(0.25), 1)
    both = table.query(nb201.all_cells()[cell(7)], epochs=8, seed=1, dataset="hapt")
    assert (both.test_acc, both.seconds, both.runs) == (pytest.approx(10.32), pytest.approx(1.0), 2)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"epochs": 3}, "evaluated on wisdm after 4, 8 epochs, not after 3"),
        ({"epochs": 8, "seed": 2}, "not trained on wisdm with seed 2; HAR-201 v2 has seed 0 in group 0, seed 0 in"),
        ({"epochs": 8, "seed": 1, "group": 0, "cell": FEW}, "with seed 1 in group 0; HAR-201 v2 has seed 0"),
        ({"epochs": 8, "dataset": "uci_har"}, "no data set 'uci_har'; it has wisdm, hapt"),
        ({"epochs": 8, "number": nb201.SIZE}, "expected a cell from 0 to 15624, got 15625"),
    ],
)
def test_what_was_not_trained_is_refused_in_one_line(asked, said):
    table = har201_v2.Har201(arrays(), source="invented")
    number = asked.pop("number", cell(asked.pop("cell", 0)))
    with pytest.raises(LucioleError, match=said) as caught:
        table.query(number, **asked)
    assert "\n" not in str(caught.value)


def test_another_version_is_refused():
    with pytest.raises(LucioleError, match="version 1 or 2 of HAR-201, got 3"):
        tables.har201(version=3)


@pytest.mark.parametrize("last", [1.0, 0.5])
def test_whoever_opens_the_first_version_is_told_of_the_second_once_it_is_there(tmp_path, monkeypatch, caplog, last):
    held = tables.har201()
    first = files.data_file("results/har201/table.npz")
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    folder = files.results() / "har201"
    folder.mkdir(parents=True)
    for suffix in (".npz", ".json"):
        (folder / f"table{suffix}").write_bytes(first.with_suffix(suffix).read_bytes())
    np.savez_compressed(folder / "v2.npz", **arrays(RUNS[:2], last))
    full = len(CLASSES)
    plans = {
        f"{name}-group{group}-seed0": {"plan": {"seed": 0}, "trainings": round(full * (last if group else 1))}
        for name in ("wisdm", "hapt")
        for group in (0, 1)
    }
    record = {
        "sha256": files.sha256(folder / "v2.npz"),
        "parameters": {"plans": plans, "groups": 2},
        "inputs": {"wisdm": "", "hapt": ""},
    }
    (folder / "v2.json").write_text(json.dumps(record))
    with caplog.at_level(logging.WARNING, logger="luciole"):
        for _ in range(2):
            assert tables.har201().columns == held.columns[: len(tables.har201().columns)]
    assert sum("har201(version=2)" in line for line in caplog.messages) == (last == 1.0)
    table = tables.har201(version=2)
    assert f"wisdm {int(full * (1 + last)):,} trainings, {1 + (last == 1.0)} runs complete" in table.source
