"""Verdicts follow the numbers: each word here is asked for from results on either side of it."""

import pandas as pd
import pytest

from luciole import published, results
from luciole.experiments.nb201.search import GUIDED
from luciole.report import arena, verdict

SEARCHERS = ("random", "regularised evolution", "local search", *GUIDED)


@pytest.fixture
def put(monkeypatch):
    """Put results in place of the committed ones, by name; others stay."""
    committed, held = results.read, {}

    def read(name, *place, **asked):
        return held[name] if name in held else committed(name, *place, **asked)

    def put(name, **parts):
        held[name] = type("Held", (), parts)

    monkeypatch.setattr(results, "read", read)
    return put


def ended(put, **accuracies):
    """Searchers that end at 90 % on all data sets, but for those named (spaces for underscores)."""
    named = {name.replace("_", " ").replace("; ", ", "): value for name, value in accuracies.items()}
    rows = [
        {
            "searcher": one,
            "seconds": at,
            "runs": 500,
            **dict.fromkeys(verdict.NAMES, named.get(one, 90.0) - 9 * (at < 7)),
        }
        for one in SEARCHERS
        for at in (1, 7)
    ]
    put("nb201/search", frame=pd.DataFrame(rows))


def fireflies(put, **accuracies):
    """IFA and FA with the released noise end at these."""
    names = [f"{name}, one-sided, strength, icd" for name in accuracies]
    means = pd.DataFrame([[50.0, value] for value in accuracies.values()]).to_numpy()
    put("firefly/ifa_nb201", arrays={"variants": pd.Series(names).to_numpy(), "c10_mean": means})


def test_what_was_reached_is_said_to_be_and_what_was_not_is_not(put):
    ended(put, random=93.9, regularised_evolution=95.0)
    fireflies(put, IFA=93.7, FA=92.0)
    table = verdict.reproduced()
    said = table["what came out"].to_dict()
    assert said["IFA on NAS-Bench-201, CIFAR-10 (%)"] == "reached"
    assert said["FA on NAS-Bench-201, CIFAR-10 (%)"] == "below the improved one here, below it in print"
    assert said["random, 7 s, CIFAR-10 (%)"].startswith("came out: within")
    assert said["regularised evolution, 7 s, CIFAR-10 (%)"].startswith("did not: beyond")
    assert table.loc["random, 7 s, CIFAR-10 (%)", "difference"] == pytest.approx(0.2)
    fireflies(put, IFA=93.0, FA=93.1)
    said = verdict.reproduced()["what came out"].to_dict()
    assert said["IFA on NAS-Bench-201, CIFAR-10 (%)"].startswith("not reached; likely")
    assert said["FA on NAS-Bench-201, CIFAR-10 (%)"].startswith("above the improved one here, below it in print: the")


def test_readers_are_sent_where_the_means_say(put):
    ended(put, random=89.0, **{"guided_evolution;_params": 91.0, "guided_evolution;_naswot": 91.5})
    told = verdict.readers()
    row = told.loc["a researcher without a cluster"]
    assert row["should use"].startswith("guided evolution, naswot;")
    assert "brings 1.0 to 1.0 points, the score in its place 0.5 to 0.5 more" in row["because"]
    student = told.loc["a student, an afternoon", "because"]
    assert "1.5 to 2.5 points below" in student and "of 3 without a guide, end none" in student
    ended(put, random=90.5, **{"guided_evolution;_meco": 92.0})
    told = verdict.readers()
    assert told.loc["a researcher without a cluster", "should use"].startswith("guided evolution, meco;")
    assert "end random (CIFAR-10)" in told.loc["a student, an afternoon", "because"]


def table(monkeypatch, **scores):
    """The contest, in which the linear discriminant has these scores, one point of error each."""
    rows = [
        {"dataset": name, "model": model, "macro_f1": score - 50 * (model != arena.LINEAR), "error": 1.0}
        for name, score in scores.items()
        for model in (arena.LINEAR, "SVM, minimal")
    ]
    monkeypatch.setattr(arena.arena, "table", lambda arrays: pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("uci_har", "hapt", "said"),
    [
        (-1.9, 1.9, "level with"),
        (-2.1, 0.0, "below (on UCI HAR)"),
        (-3.0, -3.0, "below (on UCI HAR and HAPT)"),
        (2.1, 0.0, "above"),
    ],
)
def test_level_is_within_two_standard_errors_of_the_best_printed_on_every_data_set(monkeypatch, uci_har, hapt, said):
    best = {
        name: max(published.figure(f"whararena2026/{name}_{key}") for key in arena.PUBLISHED)
        for name in ("uci_har", "hapt")
    }
    table(monkeypatch, uci_har=best["uci_har"] + uci_har, hapt=best["hapt"] + hapt)
    assert arena.level({}) == said


def test_targets_need_both_sides_and_name_the_best_procedure(put):
    rows = [
        {"read on": "NAS-Bench-201", "how": how, "procedure": procedure, "dataset": name}
        | {"regret": regret, "tau": 0.9, "overlap": 0.1, "ndcg": 0.95}
        for how in ("halves", "across")
        for number, procedure in enumerate(verdict.procedures.PROCEDURES)
        for name in verdict.NAMES
        for regret in ((0.05 if how == "halves" or name != "c10" else 0.2) + number,)
    ]
    put("choice/nested", frame=pd.DataFrame(rows))
    told = verdict.targets()
    first = next(iter(verdict.procedures.PROCEDURES))
    assert told.loc["regret, CIFAR-10", "verdict"] == "not met"  # .1 asked, .2 across
    assert told.loc["regret, CIFAR-10", "best, another table"] == f"0.20 ({first})"
    assert told.loc["regret, CIFAR-100", "verdict"] == "met"
    assert told.loc["tau, CIFAR-10", "verdict"] == "met"
    assert told.loc["overlap, CIFAR-10", "verdict"] == "not met"
    assert told.loc["ndcg, CIFAR-10", "verdict"] == "met"


def test_ranks_that_are_apart_are_not_said_to_be_level(put):
    frame = pd.DataFrame({"searcher": ["a", "guided evolution, params", "random"], "rank": [1.0, 2.0, 2.6]})
    put("choice/ranks", frame=frame.assign(critical=1.5, **{"friedman p": 0.04}))
    told = verdict.numbers()
    assert (told["rank_best"], told["rank_level"], told["rank_p"]) == ("a", "guided evolution, params", "0.040")
    assert (told["rank_apart"], told["rank_random"]) == ("1.0", "2.6")
    assert told["seeds_tables"] == "20 to 500"
