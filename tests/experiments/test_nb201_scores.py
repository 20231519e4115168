"""The experiment on NAS-Bench-201: its inputs, its partial results, and what it judges."""

import numpy as np
import pandas as pd
import pytest

from luciole.errors import LucioleError
from luciole.experiments import nb201_quality as judging
from luciole.experiments import nb201_scores as scoring
from luciole.scores import SCORES
from luciole.scores.cells import MEASURES
from luciole.spaces import nb201


def result(scored_classes: int | None = None) -> pd.DataFrame:
    """A result in which every score of a class is its index, as far as it has got."""
    index = nb201.classes()
    values = index.astype(float)
    if scored_classes is not None:
        values[scored_classes:] = np.nan
    names = [f"images.{name}.0" for name in (*scoring.SHARED, "vkdnw")]
    return pd.DataFrame({"index": index, **dict.fromkeys(names, values)})


def test_stages_ask_for_known_scores_and_say_what_they_need():
    for source, names, samples, _seeds, _ in scoring.STAGES.values():
        assert source in scoring.INPUTS
        assert all(samples >= SCORES[name].samples for name in names)
    for names in scoring.COMBINATIONS.values():
        assert set(names) <= {*SCORES, *MEASURES, "vkdnw_single"}


def test_every_cell_gets_the_value_of_its_class():
    found = scoring.spread(result())
    assert (found["naswot"] == nb201.iso()).all()
    assert found["params"].shape == (15625,) and len(np.unique(found["params"])) == 28


def test_seeds_are_averaged_only_when_all_are_there():
    data = result()
    data["images.naswot.1"] = data["images.naswot.0"] + 2
    assert (scoring.spread(data)["naswot"] == nb201.iso() + 1).all()
    data.loc[5:, "images.naswot.1"] = np.nan
    assert (scoring.spread(data)["naswot"] == nb201.iso()).all()


def test_a_partial_result_is_judged_on_a_uniform_sample():
    """Cells above the first missing class are left out even where their own class is known."""
    data = result(1000)
    first = nb201.classes()[1000]
    judged = judging.scored(scoring.spread(data))
    assert judged[:first].all() and not judged[first:].any()
    found = judging.candidates(data)
    assert np.isnan(found["union"][first:]).all() and np.isfinite(found["union"][:first]).all()
    assert judging.scored(scoring.spread(result())).all()


def test_noise_needs_no_data_and_its_beginning_does_not_change():
    batch, labels = scoring.noise(32)
    assert batch.shape == (32, 3, 16, 16) and labels.max() < 10
    assert scoring.noise(32)[0].equal(batch)


def test_images_say_what_they_need(monkeypatch):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    with pytest.raises(LucioleError, match="LUCIOLE_DATA"):
        scoring.images(4)


def test_images_are_normalised_and_shrunk(data_folder):
    batch, labels = scoring.images(256)
    assert batch.shape == (256, 3, 16, 16) and abs(float(batch.mean())) < 0.1 and 0.7 < float(batch.std()) < 1
    assert len(labels.unique()) == 10
    whole, same = scoring.images(256, 32)
    assert same.equal(labels) and scoring.images(8)[0].equal(batch[:8])
    square = whole[3, 1, 4:6, 10:12].mean()
    assert float(batch[3, 1, 2, 5]) == pytest.approx(float(square), rel=1e-5)


def test_a_stage_scores_the_cells_it_is_given():
    scored = scoring.stage("noise", nb201.classes()[:2])
    assert scored.complete and not scored.failures
    assert all(np.isfinite(values).all() for values in scored.values.values())
