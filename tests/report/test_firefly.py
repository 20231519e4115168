"""Chapter 3: its tables add up, and the verdicts that its sentences state are those of the committed results."""

import numpy as np
import pytest

from luciole import published, results
from luciole.report import cell_drawing, firefly, firefly_drawings, icd
from luciole.search.swarms import Flight
from luciole.spaces import nb201


@pytest.fixture(scope="module")
def kept():
    return {name: results.read(f"firefly/{name}") for name in ("ifa_nb201", "ifa_nb101", "icd_accuracy")}


@pytest.fixture(scope="module")
def final(kept):
    return firefly.final(kept["ifa_nb201"].arrays)


def test_the_interval_is_that_of_a_mean_over_the_seeds(kept, final):
    arrays = kept["ifa_nb201"].arrays
    place = arrays["variants"].tolist().index("IFA, one-sided, strength, icd")
    row = final.loc["IFA, one-sided, strength, icd"]
    assert row["half"] == pytest.approx(1.96 * arrays["c10_sd"][place, -1] / np.sqrt(200))
    assert firefly.by_score(final).loc["IFA, one-sided noise", "ICD (%)"] == firefly.said(row)


def test_every_variant_is_in_the_whole_table(final):
    assert len(firefly.everything(final)) == len(final) == 28


def test_what_the_prose_says_of_the_searches_is_what_was_found(final):
    at = final["accuracy"]
    for search in ("FA", "IFA"):  # centred noise does worse with every score
        for score in ("icd", "icd_relu", "random"):
            assert at[f"{search}, centred, strength, {score}"] < at[f"{search}, one-sided, strength, {score}"]
    assert at["random search, params"] > at.drop("random search, params").max()  # the square stands highest
    told = firefly.numbers(final)
    assert float(told["drift_worth"]) > float(told["score_worth_fa"])  # the drift is worth more than the score
    readings = firefly.beside_201(final)
    ifa = readings[readings.index.str.startswith("IFA")]
    assert (ifa["difference (points)"] < -0.1).all()  # no reading of IFA reaches its printed figure
    assert (
        abs(at["random search, params"] - published.figure("mokhtari2022ifa/ifa_nb201_c10"))
        < abs(ifa["difference (points)"]).min()
    )


def test_ifa_is_not_better_on_graphs_either(kept):
    graphs = firefly.on_graphs(kept["ifa_nb101"].arrays)
    assert graphs.loc["IFA, one-sided noise", "mean (%)"] < graphs.loc["FA, one-sided noise", "mean (%)"]
    beside = firefly.beside_101(graphs)
    assert np.allclose(beside["ours (%)"] - beside["printed (%)"], beside["difference (points)"])
    numbers = firefly.graph_numbers(kept["ifa_nb101"])
    assert float(numbers["faster"]) > float(numbers["score_ratio"]) > 1


def test_icd_ranks_worse_than_the_number_of_parameters_and_is_steady(kept):
    told = icd.ranking_numbers(kept["ifa_nb201"].arrays)
    assert float(told["tau_icd"]) < float(told["tau_params"])
    assert float(told["icd_ten"]) < float(told["params_ten"])
    assert float(icd.dependence_numbers(kept["icd_accuracy"].arrays)["least_tau"]) > 0.9


def test_without_accuracies_of_graphs_a_sentence_without_numbers_stands(kept, monkeypatch):
    monkeypatch.setattr("luciole.files.data_folder", lambda: None)
    sentence = icd.graphs_said(kept["icd_accuracy"].arrays, 0, 5)
    assert sentence.endswith("no tau is given for it.") and "nan" not in sentence


def test_the_drawn_step_is_that_of_the_library():
    start, goal, landed = firefly_drawings.step("centred", draws=50_000)
    squared = float(((goal - start) ** 2).sum())
    expected = start + (goal - start) * Flight().pull(np.array([squared]))
    assert np.abs(landed.mean(axis=0) - expected).max() < 0.01
    one_sided = firefly_drawings.step("one-sided")[2]
    assert (one_sided > expected - 1e-9).all() and one_sided.max() == 1.0


def test_the_drawn_distances_have_the_mean_that_is_the_score():
    code = firefly_drawings.codes()
    apart = firefly_drawings.distances(code)
    share = code.mean(axis=0)
    assert (apart**2).mean() == pytest.approx((share * (1 - share)).sum())


def test_a_drawing_names_every_operation_of_the_cell_and_its_string():
    row = [nb201.CONV3, nb201.NONE, nb201.CONV1, nb201.SKIP, nb201.NONE, nb201.POOL]
    fig = cell_drawing.cell(np.array(row))
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert nb201.format(np.array(row)) in texts
    assert [text for text in texts if text in cell_drawing.WORDS] == [cell_drawing.WORDS[op] for op in row]
