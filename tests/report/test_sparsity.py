"""What the chapter on growing and pruning says, on invented rows."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from luciole import files
from luciole.book import figures
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.protocol import DENSE, GRADUAL, OURS, PARTS, RIGL
from luciole.report import sparsity, sparsity_figures


def row(method, sparse, seed, error, seconds, length=1.0, peak=1000, total=1000):
    return {
        "method": method, "sparsity": sparse, "length": length, "seed": seed, "test_error": error, "kept": 50,
        "weights": 1000, "pixels": 400, "first": 100, "second": 50, "seconds": seconds, "macs": seconds * 10,
        "peak": peak, "total": total,
    }  # fmt: skip


@pytest.fixture
def rows():
    found = [row(DENSE, 0.0, seed, 1.8, 10.0) for seed in range(3)]
    for sparse, worse in ((0.95, 0.0), (0.98, 0.5)):
        for seed in range(3):
            found += [
                row(GRADUAL, sparse, seed, 2.0 + worse + 0.1 * seed, 8.0),
                row(OURS, sparse, seed, 2.05 + worse + 0.1 * seed, 9.0, peak=200, total=300),
                row(OURS, sparse, seed, 2.05 + 4 * worse + 0.1 * seed, 4.0, length=0.5, peak=200, total=300),
                row(RIGL, sparse, seed, 3.0, 9.0, peak=50, total=80),
            ]
        found.append(row("SNIP", sparse, 0, 0.5, 4.0))  # of one seed: not the best, whatever it says
        found += [row(name, sparse, 0, 2.55 + worse, 9.0) for name in PARTS[:1]]
    return pd.DataFrame(found)


def test_the_best_has_two_seeds_and_differences_are_paired(rows):
    assert sparsity.best(rows, 0.95) == GRADUAL
    apart, half, count = sparsity.paired(sparsity.of(rows, OURS, 0.95), sparsity.of(rows, GRADUAL, 0.95))
    assert (apart, count) == (pytest.approx(0.05), 3) and half == pytest.approx(0, abs=1e-9)
    alone = sparsity.paired(sparsity.of(rows, "SNIP", 0.95), sparsity.of(rows, GRADUAL, 0.95))
    assert alone[0] == pytest.approx(-1.5) and np.isnan(alone[1]) and alone[2] == 1


def test_a_target_is_met_by_error_and_seconds_together(rows):
    told = sparsity.targets(rows)
    assert told["target"].tolist() == ["none was set", "met", "none was set", "not met"]
    dear = rows.assign(seconds=rows["seconds"].where(rows["length"] == 1, 7.0))
    assert sparsity.targets(dear)["target"].tolist()[1] == "not met"


def test_the_answer_follows_the_intervals(rows):
    ours = rows["method"] == OURS
    assert sparsity.answer(rows) == "Yes, to within 0.1 points of the best pruning, on 3 seeds"
    worse = rows.assign(test_error=rows["test_error"] + 0.2 * (ours & np.isclose(rows["sparsity"], 0.98)))
    assert sparsity.answer(worse) == "Not to within 0.1 points of the best pruning, on 3 seeds"
    wide = rows.assign(test_error=rows["test_error"] + 0.3 * (ours & (rows["seed"] == 2)))
    few = wide.drop(wide.index[ours & (wide["seed"] == 0) & np.isclose(wide["sparsity"], 0.98)])
    assert sparsity.answer(few).startswith("Undecided: on 2 to 3 seeds")


def test_what_has_not_run_is_named_and_seeds_are_counted(rows):
    told = sparsity.lacking(rows)
    assert (told["grow_fewest"], told["grow_most"]) == ("1", "3")
    lacks = told["grow_lacking"].split(", ")
    assert "SET" in lacks and protocol.TICKET in lacks and "SNIP" not in lacks and OURS not in lacks
    both = rows[(rows["method"] != RIGL) | np.isclose(rows["sparsity"], 0.95)]
    assert "RigL" in sparsity.lacking(both)["grow_lacking"]  # at one sparsity alone


def test_the_peak_is_where_the_history_is_largest():
    history = np.array([[0, 50, 0, 0], [5, 90, 40, 0], [10, 80, 40, 10], [20, 50, 1, 31]])
    assert sparsity.peaked({f"{OURS}, sparsity 0.98, length 1, seed 0": history}, 0.98) == "25"


def test_numbers_and_tables_say_what_was_trained(rows):
    told = sparsity.numbers(rows)
    assert (told["grow_peak_95"], told["grow_total_95"], told["grow_met"], told["grow_targets"]) == (
        "20",
        "30",
        "1",
        "2",
    )
    assert told["grow_apart_98"] == "+0.05 ± 0.00" and told["grow_width_95"] == "400-100-50"
    table = sparsity.methods(rows, 0.95)
    assert table.loc[OURS, "ever trained (%)"] == 30 and table.loc[RIGL, "joules (estimate)"] == 36
    assert len(sparsity.main(rows, 0.95)) <= 10 and table.shape[1] < 8
    assert sparsity.parts(rows).iloc[0, 0] == "+0.50 (one seed)" and sparsity.parts(rows).iloc[1, 0] == "–"
    beside = sparsity.beside(rows).loc["SNIP"]
    assert beside["error there (%)"].tolist() == [1.6, 2.4] and beside["error here (%)"].tolist() == [0.5, 0.5]
    assert set(sparsity.PUBLISHED) <= set(sparsity.published.read()["key"])


def test_a_part_says_that_it_is_one(rows):
    told = SimpleNamespace(provenance=SimpleNamespace(holds=(5, 9)), frame=rows)
    assert sparsity.progress(told) == {"grow_held": "5", "grow_planned": "9"}
    told.provenance.holds = None
    assert sparsity.progress(told)["grow_held"] == str(len(rows))


def test_figures_are_drawn_of_what_is_there(rows, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "show", lambda fig, name, **words: (shown.append(name), plt.close(fig)))
    sparsity_figures.against_sparsity(rows)
    sparsity_figures.against_energy(rows)
    history = np.array([[0, 50, 0, 0], [10, 80, 40, 10], [20, 50, 1, 31]])
    sparsity_figures.sizes({f"{OURS}, sparsity 0.95, length 1, seed 0": history})
    assert shown == ["sparsity-error", "sparsity-energy", "sparsity-sizes"]


def test_the_trainings_are_distinct_and_the_first_of_them_balanced():
    every = protocol.trainings()
    assert len(every) == len(set(every))
    pairs = {(one.method, one.sparsity, one.seed) for one in every if one.length == 1.0}
    assert {(GRADUAL, sparse, seed) for sparse in protocol.SPARSITIES for seed in range(10)} <= pairs
    assert {one.method for one in every} == {*protocol.METHODS, protocol.TICKET}


def test_speed_says_target_by_target_what_came_out(tmp_path, monkeypatch):
    row = {"what": "a mask", "measured": 0.04, "peer": 0.4, "peer_name": "theirs", "target": "under 50 ms", "met": True}
    held = {"sparsity.mask": row, "sparsity.seeds": {**row, "what": "seeds", "met": False}, "tables.open": row}
    (tmp_path / "benchmarks.json").write_text(json.dumps(held))
    monkeypatch.setattr(files, "results", lambda: tmp_path)
    told = sparsity.speed()
    assert told.index.tolist() == ["a mask", "seeds"] and told["came out"].tolist() == ["met", "not met"]
    assert told["peer (ms)"].tolist() == pytest.approx([400, 400]) and told["ours (ms)"].iloc[0] == pytest.approx(40)
