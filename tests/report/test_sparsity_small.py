"""What the chapter on growing and pruning says of other networks, on invented rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from luciole.experiments.sparsity.protocol import DENSE, GRADUAL, OURS, RIGL
from luciole.report import sparsity_small as small


def row(method, sparsity, seed, error, seconds=8.0, length=1.0, **more):
    return {
        "method": method, "sparsity": sparsity, "length": length, "seed": seed, "test_error": error,
        "diverged": False, "kept": 50, "weights": 1000, "total": 500, "seconds": seconds,
    } | more  # fmt: skip


def told(monkeypatch, rows):
    monkeypatch.setattr(small, "part", lambda name: SimpleNamespace(frame=rows))
    monkeypatch.setattr(small.results, "names", lambda folder: [trial.name for trial in small.NETWORKS.values()])


def test_what_diverged_is_counted_and_its_error_is_not_averaged():
    rows = pd.DataFrame([row(DENSE, 0.0, 0, 5.0), row(OURS, 0.95, 0, 8.0), row(OURS, 0.95, 1, 83.0, diverged=True)])
    table = small.compared(rows)
    assert table.loc[OURS, ["error at 95 % (%)", "trainings", "diverged"]].tolist() == [8.0, 2, 1]
    assert table.loc[DENSE, "error at 98 % (%)"] == 5.0 and np.isnan(table.loc[OURS, "error at 98 % (%)"])


def test_the_target_allows_half_a_point_and_counts_what_diverged(monkeypatch):
    rows = [
        one
        for seed in range(3)
        for sparsity in (0.95, 0.98)
        for one in (
            row(GRADUAL, sparsity, seed, 5.0 + seed),
            row(OURS, sparsity, seed, 5.4 + seed),
            row(OURS, sparsity, seed, 5.4 + seed, 3.0, 0.5),
        )
    ]
    told(monkeypatch, pd.DataFrame(rows))
    assert small.judged()["target"].tolist() == ["met"] * 4 and small.judged().index.unique().tolist() == [
        *small.NETWORKS
    ]
    told(monkeypatch, pd.DataFrame([one for one in rows if one["sparsity"] == 0.95 and not one["seed"]]))
    one = small.judged()  # a part: of one seed, which has no interval, and of one sparsity
    assert one["target"].tolist() == ["not met"] * 2 and one["points more error"].tolist() == ["+0.40 (one seed)"] * 2
    rows[2] |= {"test_error": 83.0, "diverged": True}
    told(monkeypatch, pd.DataFrame(rows))
    assert small.judged()["target"].tolist() == ["not met", "met"] * 2


def test_a_claim_is_judged_by_its_whole_interval_and_its_side(monkeypatch):
    rows = [
        row(
            name,
            sparsity,
            seed,
            error + 0.01 * seed,
            length=0.5,
            entropy=1.0 + 0.3 * seed * gradual,
            sharpness=2.0 - gradual,
        )
        for seed in range(3)
        for sparsity in (0.95, 0.98)
        for name, error, gradual in ((GRADUAL, 2.0, 1), ("magnitude, one-shot", 3.0, 0))
    ]
    told(monkeypatch, pd.DataFrame(rows))
    table = small.claims()
    assert table["claim"].tolist() == ["confirmed"] * 2 + ["undecided"] * 2 + ["refuted"] * 2
    assert small.counted(table) == "of 6 such claims here, 2 are confirmed, 2 refuted, the others undecided"


def test_scores_are_read_at_each_size_alone_and_corrected(monkeypatch):
    rows = [
        row(f"method {at}", sparsity, 0, 10.0 - at, length=0.25, snip=float(at), naswot=float(at % 3))
        for at in range(8)
        for sparsity in (0.95, 0.98)
    ]
    told(monkeypatch, pd.DataFrame(rows))
    table = small.taus()
    assert table.loc["snip", "tau at 95 %"] == "+1.00" and float(table.loc["snip", "p at 95 %"]) < 0.05
    assert small.read(table) == "2 of 4 correlations can be told from chance"
    assert small.read(table.loc[["zico"]]) == "the time ended before any network was scored"
    assert float(table.loc["naswot", "p at 95 %"]) > 0.05 and table.loc["zico", "tau at 95 %"] == "–"


def test_ways_of_growing_stand_beside_random_units_and_are_better_by_the_whole_interval(monkeypatch):
    rows = pd.DataFrame(
        {"compared": small.growth.GROWING, "way": way, "seed": seed, "test_error": error + spread * seed, "kept": 9,
         "peak": 9, "total": 9, "macs": 1e6}
        for seed in range(3)
        for way, error, spread in ((small.growth.RANDOM, 5.0, 0.0), ("GradMax", 4.0, 0.1), ("Net2Net", 4.0, 2.0))
    )  # fmt: skip
    told(monkeypatch, rows)
    table = small.grown(small.growth.GROWING)
    assert table.iloc[0, 1] == "–" and table.loc["GradMax"].iloc[1] == "-0.90 ± 0.25"
    assert small.better(table) == "GradMax ended surely below units drawn at random"


def test_narrower_networks_take_less_flash():
    widths = {DENSE: (784, 300, 100), GRADUAL: (300, 100, 50), OURS: (200, 80, 40), RIGL: (700, 200, 80)}
    rows = [
        row(name, 0.98, 0, 2.0, pixels=pixels, first=first, second=second)
        for name, (pixels, first, second) in widths.items()
    ]
    table = small.devices(pd.DataFrame(rows), 0.98)
    assert table["flash (kB)"].sort_values().index.tolist() == [OURS, GRADUAL, RIGL, DENSE]
    assert table.loc[OURS, "flash (kB)"] == pytest.approx(4 * (200 * 80 + 80 * 40 + 400 + 130) / 1000, rel=0.2)
