"""The experiment on NAS-Bench-201: its inputs, its partial results, what it takes over, and what it judges."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from luciole import attestation, files, results
from luciole.errors import LucioleError
from luciole.experiments.nb201 import costs as pricing
from luciole.experiments.nb201 import quality as judging
from luciole.experiments.nb201 import scores as scoring
from luciole.experiments.nb201 import settings as swept
from luciole.experiments.nb201 import stages
from luciole.scores import SCORES
from luciole.scores.aggregate import log_rank
from luciole.scores.cells import MEASURES
from luciole.scores.lean import LEAN
from luciole.shards import load_shards
from luciole.spaces import nb201
from luciole.tables.table import Table


def result(scored_classes: int | None = None) -> pd.DataFrame:
    """A result in which every score of a class is its index, as far as it has got."""
    index = nb201.classes()
    values = index.astype(float)
    if scored_classes is not None:
        values[scored_classes:] = np.nan
    names = [f"images.{name}.0" for name in (*stages.SHARED, "vkdnw")]
    return pd.DataFrame({"index": index, **dict.fromkeys(names, values)})


def test_stages_ask_for_known_scores_and_say_what_they_need():
    for one in stages.STAGES.values():
        assert one.group in stages.INPUTS
        assert set(one.scores) <= set(LEAN if one.lean else SCORES)
        assert all(one.batch >= SCORES[name].samples for name in one.scores)
    for names in stages.COMBINATIONS.values():
        assert set(names) <= {*SCORES, *MEASURES, "vkdnw_single"} and len(set(names)) == len(names)
    assert {*stages.DEEP, *stages.BORROWED} >= {
        "vkdnw" if name == "vkdnw_single" else name
        for names in stages.COMBINATIONS.values()
        for name in names
        if name not in MEASURES
    }


def test_a_stage_covers_what_it_says():
    assert len(stages.sample("images")) == 6466 and len(stages.sample("own")) == 320
    some = stages.sample("deep seeds")
    assert set(some) == set(nb201.iso()[:1500]) and (np.diff(some) > 0).all()


def test_every_cell_gets_the_value_of_its_class():
    found = stages.spread(result())
    assert (found["naswot"] == nb201.iso()).all()
    assert found["params"].shape == (15625,) and len(np.unique(found["params"])) == 28


def test_a_seed_is_asked_for_and_the_mean_only_of_whole_ones():
    data = result()
    data["images.naswot.1"] = data["images.naswot.0"] + 2
    assert (stages.spread(data)["naswot"] == nb201.iso()).all()
    assert (stages.spread(data, seed=1)["naswot"] == nb201.iso() + 2).all()
    assert (stages.spread(data, seed=None)["naswot"] == nb201.iso() + 1).all()
    assert "icd" in stages.spread(data) and not {"icd"} & {
        *stages.spread(data, seed=1),
        *stages.spread(data, seed=None),
    }
    data.loc[5:, "images.naswot.1"] = np.nan
    known = np.isin(nb201.iso(), nb201.classes()[:5])
    assert (np.isnan(stages.spread(data, seed=None)["naswot"]) == ~known).all()


def test_a_partial_result_is_judged_on_a_uniform_sample():
    """Cells above the first missing class are left out even where their own class is known."""
    data = result(1000)
    first = nb201.classes()[1000]
    judged = judging.scored(stages.spread(data))
    assert judged[:first].all() and not judged[first:].any()
    found = judging.candidates(data)
    assert np.isnan(found["union"][first:]).all() and np.isfinite(found["union"][:first]).all()
    assert judging.scored(stages.spread(result())).all()


def test_combinations_at_depth_borrow_what_is_shallow_only():
    data, rng = result(), np.random.default_rng(0)
    for name in stages.DEEP:
        data[f"deep.{name}.0"] = rng.normal(size=len(data))
    deep, shallow = judging.candidates(data, "deep"), stages.spread(data)
    members = [deep[name] for name in stages.COMBINATIONS["one_pass"]]
    np.testing.assert_array_equal(deep["one_pass_meco"], log_rank([*members, shallow["meco"]]))
    assert set(stages.COMBINATIONS) <= set(deep) and "meco" not in deep
    assert judging.candidates(data, "noise") == judging.candidates(data, "deep", 1) == {}


def test_swap_is_regularised_towards_the_mean_size():
    found = stages.combine({"swap": np.full(3, 5.0), "params": np.array([1.0, 2.0, 3.0])})
    assert found["swap_regularised"][1] == 5 and found["swap_regularised"][0] == found["swap_regularised"][2] < 5


def test_everything_judged_has_its_label(monkeypatch):
    rng, data = np.random.default_rng(0), result(160)
    for name in stages.FORWARD:
        data[f"images.{name}.1"] = data[f"noise.{name}.0"] = data[f"images.{name}.0"]
    accuracies = {f"{name}_test200": rng.normal(size=15625) for name in judging.DATASETS}
    accuracies |= {"c10_val12": accuracies["c10_test200"], "c10_val200": accuracies["c10_test200"]}

    class Accuracies(Table):  # a table of nothing else
        def __init__(self):
            pass

        def __getitem__(self, name):
            return accuracies[name]

    monkeypatch.setattr(judging, "RESAMPLES", 10)
    quality = judging.quality(data, Accuracies())
    assert set(quality["inputs"]) == {
        *("images", "noise", "images where noise", "images seed 1", "images mean", "training")
    }
    known = quality.query("subset == 'all' and dataset == 'c10'").set_index(["inputs", "score"])
    assert known.loc[("training", "200 epochs"), "tau"] == 1
    assert known.loc[("images", "union"), "cells"] == nb201.classes()[160]
    assert (known["low"] <= known["tau"]).all() and (known["tau"] <= known["high"]).all()


def test_noise_needs_no_data_and_its_beginning_does_not_change():
    batch, labels = stages.noise(32)
    assert batch.shape == (32, 3, 16, 16) and labels.max() < 10
    assert stages.noise(32)[0].equal(batch) and stages.noise(5, 3)[0].shape == (5, 3, 3, 3)


def test_images_say_what_they_need(monkeypatch):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    with pytest.raises(LucioleError, match="LUCIOLE_DATA"):
        stages.images(4)


def test_images_are_normalised_and_shrunk(data_folder):
    batch, labels = stages.images(256)
    assert batch.shape == (256, 3, 16, 16) and abs(float(batch.mean())) < 0.1 and 0.7 < float(batch.std()) < 1
    assert len(labels.unique()) == 10
    whole, same = stages.images(256, 32)
    assert same.equal(labels) and stages.images(8)[0].equal(batch[:8])
    square = whole[3, 1, 4:6, 10:12].mean()
    assert float(batch[3, 1, 2, 5]) == pytest.approx(float(square), rel=1e-5)


def test_a_stage_scores_the_cells_it_is_given():
    scored = stages.stage("noise", nb201.classes()[:2])
    assert scored.complete and not scored.failures
    assert all(np.isfinite(values).all() for values in scored.values.values())


def test_the_committed_result_is_a_checkpoint(tmp_path, monkeypatch):
    """A stage is taken over from the result when its protocol and code are the same, as far as it is whole."""
    monkeypatch.setattr(files, "results", lambda: tmp_path)
    for group in stages.INPUTS:
        monkeypatch.setitem(stages.INPUTS, group, stages.noise)  # images may not be here
    assert scoring.take_over("noise", tmp_path / "none") == 0
    frame = result()[["index"]]
    known = pd.DataFrame({stages.column("noise", name, 0): frame["index"] + 0.5 for name in stages.FORWARD})
    known.iloc[70:75] = np.nan  # the second shard is not whole
    prices = [("noise", name, 32, 3.0) for name in stages.FORWARD] + [("noise", "all of noise", 32, 9.0)]
    costs = pd.DataFrame(prices, columns=["inputs", "score", "batch", "milliseconds"])
    keep = {"function": scoring.run, "modules": stages.MODULES, "inputs": {}, "seconds": 0}
    for said, expected in (
        ({"noise": {**scoring.plan("noise"), "side": 8}}, 0),
        ({"noise": scoring.plan("noise")}, 101),
    ):
        results.write("nb201/scores", frame.join(known), parameters={"stages": said}, **keep)
        results.write("nb201/costs", costs, parameters={}, **keep)
        assert scoring.take_over("noise", tmp_path / "noise") == expected
    shards = load_shards(tmp_path / "noise")
    assert 1 not in shards and len(shards) == 101
    scored = stages.stage("noise", folder=tmp_path / "noise", seconds=0.0)
    assert not scored.complete and scored.values["icd"][0, 0] == scored.classes[0] + 0.5
    assert np.isnan(scored.values["icd"][0, 64:128]).all() and scored.shared[0, 0] == 9
    assert scoring.take_over("seeds", tmp_path / "seeds") == 0  # nothing of it in this result
    changed = [name for name in stages.MODULES if name != "luciole.scores.naswot"]
    results.write("nb201/scores", frame.join(known), parameters={"stages": said}, **{**keep, "modules": changed})
    assert scoring.take_over("noise", tmp_path / "anew") == 0  # nothing vouches for that score's code


def test_costs_know_every_score_and_combination(monkeypatch):
    priced = {name: stages.STAGES[name] for name in ("images", "vkdnw", "deep")}
    combinations = {name: stages.COMBINATIONS[name] for name in ("az_synflow", "union_meco")}
    monkeypatch.setattr(pricing, "STAGES", priced)
    monkeypatch.setattr(pricing, "COMBINATIONS", combinations)
    for group in stages.INPUTS:
        monkeypatch.setitem(stages.INPUTS, group, stages.noise)
    frame, meter = pricing.costs(1)
    assert not frame["milliseconds"].isna().any() and meter.seconds > 0
    known = frame.set_index(["inputs", "score"])["milliseconds"]
    for group in ("images", "deep"):
        assert {name for inputs, name in known.index if inputs == group} > set(combinations)
        assert known[group, "union_meco"] > known[group, "az_synflow"]


def read(name, data, inputs=None, **said):
    """A result as if it were committed."""
    keep = {"function": scoring.run, "parameters": {}, "modules": stages.MODULES, "seconds": 10.0, "joules": 20.0}
    results.write(name, data, inputs=inputs or {}, **{**keep, **said})
    return results.read(name, part=True)


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Results in a folder of the test, noise instead of images, which may not be here."""
    monkeypatch.setattr(files, "results", lambda: tmp_path)
    monkeypatch.setattr(scoring, "need_images", lambda: None)
    monkeypatch.setattr(swept, "need_images", lambda: None)
    for group in stages.INPUTS:
        monkeypatch.setitem(stages.INPUTS, group, stages.noise)


def again(name, data, units=None):
    """What a reader is told when the result is derived again."""
    return attestation.sentence(scoring.rederive(name, data, np.random.default_rng(0), units), name)


def test_classes_are_scored_again_and_an_altered_score_is_named(here, monkeypatch):
    kept = {name: stages.STAGES[name] for name in ("noise", "own")}
    kept["own"] = replace(kept["own"], scores=("ntk",))
    monkeypatch.setattr(stages, "STAGES", kept)
    monkeypatch.setattr(scoring, "STAGES", kept)
    mine = np.r_[nb201.classes()[:2], stages.sample("own")[:2]].astype(np.int64)
    data = pd.DataFrame({"index": mine})
    for name in kept:
        for score, values in stages.stage(name, mine).values.items():
            data[stages.column(name, score, 0)] = values[0].astype(np.float32)
    drawn = scoring.rederive("nb201/scores", read("nb201/scores", data), np.random.default_rng(0), None)
    assert drawn.of == len(drawn.units) == 4 and drawn.modules == stages.MODULES
    assert drawn.columns["images.ntk.0"].rows == [f"class {index}" for index in mine[2:]]
    assert "38 numbers of 4 of 4 units" in attestation.sentence(drawn, "nb201/scores")
    data.loc[1, "noise.naswot.0"] *= 1.001
    with pytest.raises(LucioleError, match=f"noise.naswot.0 of class {mine[1]} is"):
        again("nb201/scores", read("nb201/scores", data))


def test_prices_follow_from_the_milliseconds_and_name_what_is_priced(here):
    data = pricing.priced().drop_duplicates(["inputs", "score"])
    data["milliseconds"] = np.arange(1.0, len(data) + 1)
    data["joules"] = pricing.joules(data["milliseconds"], 2.0)
    assert "64 of 64 units" in again("nb201/costs", read("nb201/costs", data))
    for column, value in (("joules", 1.0), ("score", "another")):
        altered = data.copy()
        altered.loc[3, column] = value
        with pytest.raises(LucioleError, match=f"{column} of images"):
            again("nb201/costs", read("nb201/costs", altered))
    with pytest.raises(LucioleError, match="expected prices of 64"):
        again("nb201/costs", read("nb201/costs", data[1:]))


def test_settings_are_scored_again(here, monkeypatch):
    monkeypatch.setattr(swept, "images", stages.noise)
    settings = ((1, 8, 8), (1, 16, 8))
    monkeypatch.setattr(swept, "SETTINGS", settings)
    monkeypatch.setattr(swept, "FULL", settings[:1])
    data = pd.concat([swept.measure(one, nb201.classes()[:2].astype(int)) for one in settings], ignore_index=True)
    assert "14 numbers of 14 of 14 units" in again("nb201/settings", read("nb201/settings", data), 99)
    data.loc[data["side"] == 16, "value"] += 0.1
    with pytest.raises(LucioleError, match="value of naswot of cell 0, 1 cells a stage, 8 images of 16 x 16 is"):
        again("nb201/settings", read("nb201/settings", data), 99)


def test_rows_are_judged_again_from_scores_that_are_vouched_for(here, monkeypatch):
    rng = np.random.default_rng(0)
    accuracies = {f"{name}_test200": rng.normal(size=15625) for name in judging.DATASETS}
    accuracies |= {"c10_val12": accuracies["c10_test200"], "c10_val200": accuracies["c10_test200"]}
    table = Table("made up", accuracies, source="numbers of this test", index=nb201.index, roles={})
    monkeypatch.setattr(judging, "RESAMPLES", 2)
    monkeypatch.setattr(judging.tables, "nb201", lambda: table)
    scores = result(160)[["index", "images.naswot.0", "images.synflow.0"]]
    read("nb201/scores", scores)
    data = judging.quality(scores, table)
    by = {"accuracies": table.source}
    assert "40 numbers of 5 of" in again("nb201/quality", read("nb201/quality", data, by), 5)
    sample = judging.rederive(results.read("nb201/quality"), np.random.default_rng(0), 5)
    altered = data.assign(rho=data["rho"] + 1e-6)
    with pytest.raises(LucioleError, match=f"rho of {sample.units[0]} is"):
        again("nb201/quality", read("nb201/quality", altered, by), 5)
    with pytest.raises(LucioleError, match="got .* others"):
        again("nb201/quality", read("nb201/quality", data[3:], by), 5)
    with pytest.raises(attestation.Unavailable, match="it was judged by another table"):
        again("nb201/quality", read("nb201/quality", data, {"accuracies": "another table"}), 5)


def test_without_images_nothing_is_compared(monkeypatch):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    assert "nothing was compared: scores on images need" in attestation.again("nb201/scores", units=1)
