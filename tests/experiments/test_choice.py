"""Nested choice: a chooser sees its own side alone, procedures do what they say, readings are the definitions."""

import itertools

import numpy as np
import pytest
from scipy.stats import kendalltau, rankdata

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.choice import bench, nested, procedures
from luciole.experiments.choice.bench import Ranking, Side


@pytest.fixture
def side():
    rng = np.random.default_rng(0)
    good = rng.normal(size=300)
    scores = {"good": good + 0.2 * rng.normal(size=300), "fair": good + rng.normal(size=300)}
    scores |= {name: rng.normal(size=300) for name in ("noise", "params", "macs")}
    return Side(scores, {"c10": 80 + 5 * good, "c100": 60 + 5 * good + 0.5 * rng.normal(size=300)})


@pytest.mark.parametrize("name", procedures.PROCEDURES)
def test_every_procedure_sees_its_own_side_alone(side, name):
    rows = np.arange(0, 300, 2)
    assert bench.blind(procedures.PROCEDURES[name], side, rows)


def test_a_choice_that_reads_its_test_side_is_caught(side):
    before = {name: values.copy() for name, values in side.accuracy.items()}

    def leaking(mine):
        """Takes the set that is best on the networks which it is read on."""
        hidden = side.part(np.arange(1, 300, 2))
        return max(
            (Ranking(((name,),)) for name in side.scores),
            key=lambda one: np.corrcoef(one.values(hidden), hidden.accuracy["c10"])[0, 1],
        )

    assert not bench.blind(leaking, side, np.arange(0, 300, 2))
    for name, values in before.items():
        np.testing.assert_array_equal(side.accuracy[name], values)


def test_choosing_goes_by_what_it_says(side):
    assert "good" in procedures.by_tau(side).sets[0]
    names = tuple(sorted(side.scores))
    accuracy = side.accuracy["c100"]
    worth = {}
    for one in procedures.sets(names):
        values = np.sum([np.log(rankdata(side.scores[name]) / 300) for name in one], axis=0)
        worth[one] = np.sort(accuracy[np.argsort(-values)[:10]]).mean()
    assert procedures.by_ten(side).sets == (max(worth, key=worth.get),)
    assert len(procedures.sets(names)) == sum(len(list(itertools.combinations(names, size))) for size in (1, 2, 3))
    assert len(procedures.averaged(side).sets) == min(procedures.AVERAGED, len(worth))
    assert procedures.parameters(side).sets == (("params",),)


def test_every_set_of_a_choice_is_the_best_by_its_own_measure(side, monkeypatch):
    monkeypatch.setattr(procedures, "AVERAGED", 3)
    accuracy, worth = side.accuracy["c100"], {}
    for one in procedures.sets(tuple(sorted(side.scores))):
        values = np.sum([np.log(rankdata(side.scores[name]) / 300) for name in one], axis=0)
        order = np.argsort(-values)
        worth[one] = [accuracy[order[:count]].mean() for count in range(1, 11)], kendalltau(values, accuracy).statistic
    assert procedures.by_first(side).sets == (max(worth, key=lambda one: worth[one][0][0]),)
    assert procedures.by_tau(side).sets == (max(worth, key=lambda one: worth[one][1]),)
    best = sorted(worth, key=lambda one: -np.mean(worth[one][0][4:]))[:3]
    assert procedures.averaged(side).sets == tuple(best)


def test_the_set_of_a_rule_is_what_the_side_has_of_it(side):
    known = Side(dict.fromkeys(("synflow", "jacov", "macs", "odd"), side.scores["noise"]), side.accuracy)
    assert procedures.one_pass(known).sets == (("macs", "synflow", "jacov"),)
    assert procedures.all_of_them(known).sets == (("jacov", "macs", "odd", "synflow"),)
    assert procedures.parameters(known).sets == (("macs",),)


def test_a_ranking_is_that_of_the_side_it_is_read_on(side):
    rows = np.arange(100)
    ranking = Ranking((("good", "fair"), ("noise",)))
    few = side.part(rows)
    logs = {name: np.log(rankdata(values) / 100) for name, values in few.scores.items()}
    np.testing.assert_allclose(ranking.values(few), ((logs["good"] + logs["fair"]) / 2 + logs["noise"]) / 2)
    with pytest.raises(LucioleError, match="expected scores among .*, got absent"):
        Ranking((("absent",),)).values(few)
    few.accuracy["c10"][:] = 0
    assert side.accuracy["c10"].min() > 0  # a part is a copy


def test_a_reading_is_regret_and_rank_correlation(side):
    row = next(iter(nested.read(Ranking((("good",),)), side)))
    best = side.scores["good"].argmax()
    assert row["regret"] == pytest.approx(side.accuracy["c10"].max() - side.accuracy["c10"][best])
    assert row["tau"] == pytest.approx(kendalltau(side.scores["good"], side.accuracy["c10"]).statistic)
    ten = np.argsort(-side.scores["good"])[:10]
    assert row["regret of ten"] == pytest.approx(side.accuracy["c10"].max() - side.accuracy["c10"][ten].max())


def test_a_half_chooses_and_the_other_is_read(side, monkeypatch):
    monkeypatch.setattr(bench, "nasbench201", lambda: side)
    rows = nested.split(1).set_index(["procedure", "dataset"])
    mine, theirs = list(bench.halves(300, 2))[1]
    assert rows.loc[("best ten", "c10"), "sets"] == "+".join(procedures.by_ten(side.part(mine)).sets[0])
    there = side.part(theirs)
    first = there.scores["params"].argmax()
    regret = there.accuracy["c10"].max() - there.accuracy["c10"][first]
    assert rows.loc[("parameters", "c10"), "regret"] == pytest.approx(regret)


def test_across_tables_only_scores_that_both_have_are_chosen_among(side, monkeypatch):
    other = Side({name: side.scores[name] for name in ("noise", "params", "macs")}, {"wisdm": side.accuracy["c10"]})
    monkeypatch.setattr(bench, "nasbench201", lambda: side)
    monkeypatch.setattr(bench, "har201_side", lambda name: other)
    rows = nested.across("NAS-Bench-201", "HAR-201, wisdm")
    told = {name for sets in rows["sets"] for one in sets.split(" | ") for name in one.split("+")}
    assert told == {"noise", "params", "macs"} and set(rows["how"]) == {"across"}
    assert set(nested.across("HAR-201, wisdm", "HAR-201, wisdm")["how"]) == {"whole"}


def test_halves_are_halves_and_the_same_every_time():
    one, again = list(bench.halves(11, 3)), list(bench.halves(11, 3))
    for (mine, theirs), (same, _) in zip(one, again, strict=True):
        assert sorted([*mine, *theirs]) == list(range(11))
        np.testing.assert_array_equal(mine, same)
    assert not np.array_equal(one[0][0], one[1][0])


def test_what_is_written_is_derived_again(side, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setattr(bench, "SPLITS", 3)
    monkeypatch.setattr(bench, "nasbench201", lambda: side)
    monkeypatch.setattr(bench, "nasbench101", lambda: Side(side.scores, {"NAS-Bench-101": side.accuracy["c10"]}))
    monkeypatch.setattr(bench, "har201_side", lambda name: Side(side.scores, {name: side.accuracy["c100"]}))
    nested.run()
    kept = results.read("choice/nested")
    frame = kept.frame
    assert len(frame[frame["how"] == "halves"]) == 3 * 2 * len(procedures.PROCEDURES)
    assert set(frame[frame["how"] == "across"]["read on"]) == {"NAS-Bench-201", *nested.ACROSS}
    sample = nested.rederive("choice/nested", kept, np.random.default_rng(0), 4)
    assert "came out the same" in attestation.sentence(sample, "choice/nested")
    frame["tau"] += 0.01
    with pytest.raises(LucioleError, match="tau.* is"):
        attestation.sentence(nested.rederive("choice/nested", kept, np.random.default_rng(0), 1), "choice/nested")
