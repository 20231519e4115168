"""Attestation: what came out the same makes a result current again, what did not is named, nothing passes unseen."""

import json
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from math import comb
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luciole import attestation, results
from luciole.attestation import Column, Sample, Unavailable
from luciole.errors import LucioleError
from luciole.experiments import EXPERIMENTS, Experiment

COMMIT = "0123456789ab"
SQUARES = np.arange(50.0) ** 2


def made_by() -> None:
    """Stands for the function that computed a result."""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A result of fifty squares made by a module that can be edited, and the experiment that derives them again."""
    (tmp_path / "decides.py").write_text("def square(x):\n    return x * x\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    results.fingerprint.cache_clear()
    folder = tmp_path / "results"

    def rederive(name, result, rng, units):
        import decides

        drawn = np.sort(rng.choice(50, 5 if units is None else units, replace=False))
        now = np.array([decides.square(float(x)) for x in drawn])
        columns = {"square": Column(result.arrays["square"][drawn], now)}
        return Sample([f"number {x}" for x in drawn], 50, columns, ["decides"], {"seconds": "measured"})

    monkeypatch.setitem(EXPERIMENTS, "toy/squares", Experiment("squares", ("toy/squares",)))
    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.squares", SimpleNamespace(rederive=rederive))
    monkeypatch.setitem(sys.modules, "luciole.experiments.toy", SimpleNamespace())
    write(folder, SQUARES)
    yield SimpleNamespace(folder=folder, code=tmp_path / "decides.py", rederive=rederive)
    sys.modules.pop("decides", None)
    results.fingerprint.cache_clear()


def write(folder, numbers, **changes):
    said = dict(function=made_by, parameters={}, modules=["decides"], inputs={}, seconds=1.0, folder=folder)
    return results.write("toy/squares", {"square": np.asarray(numbers)}, **{**said, **changes})


def edit(study, text):
    study.code.write_text(text)
    sys.modules.pop("decides", None)
    results.fingerprint.cache_clear()


def record(study):
    return json.loads((study.folder / "toy/squares.json").read_text())


def test_code_that_was_rewritten_and_counts_the_same_makes_the_result_current_again(study):
    first = record(study)
    edit(study, "def square(x):\n    return x**2\n")
    assert results.read("toy/squares", study.folder).stale == ("decides has changed",)
    said = attestation.attest("toy/squares", COMMIT, study.folder)
    assert "5 numbers of 5 of 50 units" in said
    tenth = attestation.caught(5, 50, 5)
    assert said.endswith(f"caught with probability 0.10, a tenth of them {tenth:.2f}")
    kept = results.read("toy/squares", study.folder)
    assert kept.stale == ()
    assert kept.attestations[0]["commit"] == COMMIT
    assert kept.attestations[0]["compared"]["square"]["largest difference"] == 0
    assert {key: value for key, value in record(study).items() if key != "attestations"} == first
    edit(study, "def square(x):\n    return x**2 + 0\n")
    assert results.read("toy/squares", study.folder).stale == ("decides has changed",)
    attestation.attest("toy/squares", COMMIT, study.folder)
    assert [one["commit"] for one in results.read("toy/squares", study.folder).attestations] == [COMMIT] * 2


def test_a_number_that_differs_is_named_and_the_result_stays_stale(study):
    edit(study, "def square(x):\n    return x * x + (x > 40)\n")
    with pytest.raises(LucioleError, match=r"stays stale: square of number 4\d is .* now, committed"):
        for seed in range(40):  # of samples of five some hold a number above forty
            attestation.attest("toy/squares", f"{seed:012x}", study.folder)
    with pytest.raises(LucioleError, match="stays stale"):
        attestation.sentence(attestation.rederive("toy/squares", np.random.default_rng(0), 50, study.folder), "squares")


def test_an_altered_number_is_caught_by_its_digest_and_else_by_the_sample(study):
    altered = SQUARES.copy()
    altered[7] += 1
    path = study.folder / "toy/squares.npz"
    np.savez_compressed(path, square=altered)
    with pytest.raises(LucioleError, match="is not the data"):
        attestation.attest("toy/squares", COMMIT, study.folder)
    write(study.folder, altered)  # whoever forges the digest too
    found = 0
    for number in range(300):
        try:
            sample = attestation.rederive("toy/squares", np.random.default_rng(number), folder=study.folder)
            attestation.sentence(sample, "toy/squares")
        except LucioleError as error:
            assert "square of number 7" in str(error)
            found += 1
    assert found / 300 == pytest.approx(attestation.caught(1, 50, 5), abs=0.06)


def test_nothing_drawn_and_nothing_compared_are_refused(study, monkeypatch):
    with pytest.raises(LucioleError, match="expected at least one number"):
        attestation.rederive("toy/squares", np.random.default_rng(0), 0, study.folder)

    def empty(name, result, rng, units):
        return Sample(["all"], 50, {}, ["decides"])

    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.squares", SimpleNamespace(rederive=empty))
    with pytest.raises(LucioleError, match="expected at least one number"):
        attestation.attest("toy/squares", COMMIT, study.folder)
    assert results.read("toy/squares", study.folder).attestations == ()


def test_an_attestation_of_other_data_or_of_another_record_is_refused(study):
    attestation.attest("toy/squares", COMMIT, study.folder)
    attested = record(study)["attestations"]
    write(study.folder, SQUARES + 1)
    (study.folder / "toy/squares.json").write_text(json.dumps(record(study) | {"attestations": attested}))
    with pytest.raises(LucioleError, match="does not say what it said when it was sealed"):
        results.read("toy/squares", study.folder)


@pytest.mark.parametrize(
    "change", [{"code": {}}, {"drawn": 50}, {"commit": "ffffffffffff"}, {"compared": {}}], ids=lambda c: next(iter(c))
)
def test_an_edited_attestation_is_refused(study, change):
    attestation.attest("toy/squares", COMMIT, study.folder)
    said = record(study)
    said["attestations"][0].update(change)
    (study.folder / "toy/squares.json").write_text(json.dumps(said))
    with pytest.raises(LucioleError, match="does not say what it said"):
        results.read("toy/squares", study.folder)


def test_what_is_not_here_is_no_agreement(study, monkeypatch):
    def absent(name, result, rng, units):
        raise Unavailable("the table is the replica; set LUCIOLE_DATA")

    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.squares", SimpleNamespace(rederive=absent))
    with pytest.raises(LucioleError, match="the table is the replica"):
        attestation.attest("toy/squares", COMMIT, study.folder)
    assert results.read("toy/squares", study.folder).attestations == ()


def test_tolerances_are_kept_to():
    near = Column(np.array([1.0, np.nan]), np.array([1.0005, np.nan]), relative=1e-3)
    assert not near.differing().any() and near.largest() == pytest.approx(5e-4)
    assert Column(np.array([1.0]), np.array([1.0005]), relative=1e-4).differing().all()
    assert Column(np.array([1.0]), np.array([np.nan]), relative=1e-3).differing().all()
    assert Column(np.array(["a"]), np.array(["b"])).differing().all()
    with pytest.raises(LucioleError, match="expected numbers of shape"):
        Column(np.zeros(2), np.zeros(3)).differing()


def test_commits_draw_different_samples(study):
    for number in range(3):
        attestation.attest("toy/squares", f"{number + 1:012x}", study.folder)
    drawn = [tuple(one["units"]) for one in results.read("toy/squares", study.folder).attestations]
    assert len(set(drawn)) == 3


def test_uncommitted_changes_and_unknown_names_are_refused(monkeypatch):
    monkeypatch.setattr(results, "commit", lambda: f"{COMMIT}+")
    with pytest.raises(LucioleError, match="uncommitted changes"):
        attestation.commit()
    monkeypatch.setattr(results, "commit", lambda: COMMIT)
    assert attestation.commit() == COMMIT
    with pytest.raises(LucioleError, match="no experiment writes"):
        attestation._rederivation("toy/none")


@given(st.integers(1, 40), st.data())
def test_an_alteration_is_caught_as_often_as_samples_hold_it(of, data):
    altered, drawn = data.draw(st.integers(0, of)), data.draw(st.integers(0, of))
    missed = comb(of - altered, drawn) / comb(of, drawn)
    assert attestation.caught(altered, of, drawn) == pytest.approx(1 - missed, abs=1e-9)


@given(st.integers(1, 30), st.none() | st.integers(0, 40), st.integers(0, 40))
def test_what_is_drawn_is_different_ascending_and_as_many_as_asked(of, units, proposed):
    drawn = attestation.draw(np.random.default_rng(0), of, units, proposed)
    assert len(drawn) == min(proposed if units is None else units, of)
    assert (np.diff(drawn) > 0).all() and set(drawn.tolist()) <= set(range(of))


def test_every_unit_is_drawn_as_often_as_another():
    rng = np.random.default_rng(0)
    counts = np.bincount(np.concatenate([attestation.draw(rng, 10, 3, 1) for _ in range(2000)]), minlength=10)
    np.testing.assert_allclose(counts / 2000, 0.3, atol=0.05)


@pytest.mark.parametrize(
    ("kept", "now", "allowed", "differs"),
    [
        (10.0, 11.0, {"relative": 0.1}, False),
        (10.0, 11.01, {"relative": 0.1}, True),
        (11.0, 10.0, {"relative": 0.0909}, True),  # relative to what is committed
        (11.0, 10.0, {"relative": 0.091}, False),
        (10.0, 10.5, {"absolute": 0.5}, False),
        (10.0, 10.51, {"absolute": 0.5}, True),
        (10.0, 11.5, {"relative": 0.1, "absolute": 0.5}, False),
        (0.0, 1e-12, {}, True),
        (0.0, 0.0, {}, False),
        (np.nan, np.nan, {}, False),
        (np.nan, 1.0, {"absolute": 9.0}, True),
        (np.inf, np.inf, {}, False),
        (10, 11, {"absolute": 5.0}, True),  # whole numbers are equal or not
        (10, 10.0, {}, False),
        (10, 10.5, {"absolute": 1.0}, False),
        (10.5, 10, {"absolute": 1.0}, False),
        (True, False, {}, True),
        ("a", "a", {}, False),
        (1 + 1j, 1 + 1.5j, {"absolute": 0.6}, False),
    ],
)
def test_two_numbers_agree_within_what_is_allowed(kept, now, allowed, differs):
    assert bool(Column(kept, now, **allowed).differing()) is differs
    assert Column([kept, kept], [now, kept], **allowed).differing().tolist() == [differs, False]


@pytest.mark.parametrize(
    ("kept", "now", "largest"),
    [
        ([1.0, 5.0], [1.5, 3.0], 2.0),
        ([1.0, np.nan], [1.5, 3.0], 0.5),
        ([np.nan], [np.nan], 0.0),
        ([], [], 0.0),
        ([3, 9], [3, 2], 7.0),
        (np.array([1], dtype=np.uint8), np.array([3], dtype=np.uint8), 2.0),
        ([True], [False], 1.0),
        (["a"], ["b"], 0.0),
        (-4.0, 4.0, 8.0),
    ],
)
def test_the_largest_difference_is_told(kept, now, largest):
    assert Column(kept, now).largest() == largest


def test_columns_of_two_tables_stand_side_by_side():
    kept = pd.DataFrame({"a": [1.0, 2.0], 3: [5, 6], "left": [0, 0]}, index=[4, 5])
    now = pd.DataFrame({"a": [1.0, 2.5], 3: [5, 6]})
    found = attestation.columns(kept, now, relative=0.25, why="rounding")
    assert list(found) == ["a", "3"]
    assert (found["a"].kept.tolist(), found["a"].now.tolist()) == ([1.0, 2.0], [1.0, 2.5])
    assert (found["3"].relative, found["3"].absolute, found["3"].why) == (0.25, 0.0, "rounding")
    assert not found["a"].differing().any()


def sample(kept, now, units=None, of=10_000):
    """Two columns, the second of these numbers."""
    units = units or [f"unit {place}" for place in range(len(kept))]
    return Sample(units, of, {"fine": Column([1], [1]), "b": Column(kept, now)}, ["m"])


def test_what_came_out_the_same_is_said_in_numbers():
    many = np.zeros((600, 2))
    assert attestation.sentence(sample(many, many, ["u"] * 1_200, 34_567), "x/y") == (
        "x/y: 1,201 numbers of 1,200 of 34,567 units came out the same"
    )
    assert sample(many, many).numbers == 1201


@pytest.mark.parametrize(
    ("kept", "now", "units", "said"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.5, 3.5], None, r"b of unit 1 is 2.5 now, committed 2.0 \(2 of 3 differ\)"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]], None, r"b of unit 1 is 5.0 now, committed 4.0 \(1 of 4"),
        ([1.0, 2.0, 3.0], [1.0, 2.5, 3.0], ["one", "two"], r"b of place \(1,\) is 2.5 now"),
        (2.0, 3.0, ["only"], r"b of only is 3.0 now, committed 2.0 \(1 of 1 differ\)"),
    ],
)
def test_the_first_number_that_differs_is_named(kept, now, units, said):
    with pytest.raises(LucioleError, match=f"^x/y stays stale: {said}.*; mend the code, or run"):
        attestation.sentence(sample(kept, now, units), "x/y")


def test_a_reader_is_told_what_was_found_or_why_nothing_was(study, monkeypatch):
    drawn = []

    def rederive(name, result, rng, units):
        drawn.append((rng.random(), units))
        return study.rederive(name, result, np.random.default_rng(0), units)

    experiment = SimpleNamespace(rederive=rederive)
    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.squares", experiment)
    monkeypatch.setattr("luciole.files.results", lambda: study.folder)
    assert attestation.again("toy/squares") == "toy/squares: 5 numbers of 5 of 50 units came out the same"
    assert "3 numbers of 3 of 50" in attestation.again("toy/squares", seed=4, units=3)
    assert attestation.again("toy/squares", units=0) == "toy/squares: nothing was compared: 0 units were asked for"
    assert drawn == [(np.random.default_rng(0).random(), None), (np.random.default_rng(4).random(), 3)]

    def absent(name, result, rng, units):
        raise Unavailable("no table")

    experiment.rederive = absent
    assert attestation.again("toy/squares") == "toy/squares: nothing was compared: no table"
    experiment.rederive = lambda *asked: sample([1.0], [2.0])
    with pytest.raises(LucioleError, match="stays stale"):
        attestation.again("toy/squares")
    experiment.rederive = lambda *asked: Sample(["u"], 1, {"a": Column([1], [1])}, [])
    with pytest.raises(LucioleError, match="expected the modules that decide"):
        attestation.again("toy/squares")


def test_an_attestation_says_what_was_compared(study, monkeypatch):
    drawn = []

    def rederive(name, result, rng, units):
        assert units is None and name == "toy/squares"
        drawn.append(rng.integers(10**9))
        columns = {
            "near": Column(np.array([1.0, 2.0]), np.array([1.0, 2.5]), relative=0.25, absolute=0.125, why="rounding"),
            "text": Column(["a"], ["a"]),
        }
        return Sample([f"u{k}" for k in range(45)], 95, columns, ["luciole.files", "decides"], {"seconds": "measured"})

    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.squares", SimpleNamespace(rederive=rederive))
    said = attestation.attest("toy/squares", COMMIT, study.folder)
    chance = [attestation.caught(altered, 95, 45) for altered in (1, 9)]
    assert said == (
        "toy/squares: 3 numbers of 45 of 95 units came out the same; one altered unit would be caught with "
        f"probability {chance[0]:.2f}, a tenth of them {chance[1]:.2f}"
    )
    kept = results.read("toy/squares", study.folder)
    (told,) = kept.attestations
    sha256 = kept.provenance.sha256
    assert drawn == [np.random.default_rng([int(COMMIT, 16), int(sha256[:15], 16)]).integers(10**9)]
    assert told["compared"] == {
        "near": {"numbers": 2, "relative": 0.25, "absolute": 0.125, "largest difference": 0.5, "why": "rounding"},
        "text": {"numbers": 1, "relative": 0.0, "absolute": 0.0, "largest difference": 0.0, "why": ""},
    }
    assert told["units"] == [f"u{k}" for k in range(40)] and (told["drawn"], told["of"]) == (45, 95)
    assert (told["sha256"], told["not compared"], told["commit"]) == (sha256, {"seconds": "measured"}, COMMIT)
    assert list(told["code"].items()) == [(name, results.fingerprint(name)) for name in ("decides", "luciole.files")]
    assert (told["versions"], told["machine"]) == (results.versions(), results.machine())
    written = datetime.fromisoformat(told["written"])
    assert written.tzinfo == UTC and written.microsecond == 0


def test_a_tenth_of_few_units_is_one(study, monkeypatch):
    few = Sample(["u"], 4, {"a": Column([1], [1])}, ["decides"])
    experiment = SimpleNamespace(rederive=lambda *asked: few)
    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.squares", experiment)
    assert attestation.attest("toy/squares", COMMIT, study.folder).endswith("0.25, a tenth of them 0.25")


def test_a_part_is_attested_like_a_whole(study):
    (study.folder / "toy/squares.json").unlink()
    write(study.folder, SQUARES, holds=(3, 4))
    attestation.attest("toy/squares", COMMIT, study.folder)
    assert len(results.read("toy/squares", study.folder, part=True).attestations) == 1


def test_what_is_stale_is_listed_with_its_reasons(study, monkeypatch):
    monkeypatch.setattr("luciole.files.results", lambda: study.folder)
    said = dict(function=made_by, parameters={}, inputs={}, seconds=1.0, folder=study.folder)
    results.write("other", {"a": np.arange(2)}, modules=["luciole.files"], holds=(1, 2), **said)
    assert attestation.stale() == {}
    edit(study, "def square(x):\n    return 2 * x\n")
    assert attestation.stale() == {"toy/squares": ("decides has changed",)}


@pytest.mark.parametrize("found", ["unknown", "", COMMIT.upper(), COMMIT[:-1], COMMIT + "0", f"{COMMIT}\n"])
def test_what_is_no_commit_is_refused(monkeypatch, found):
    monkeypatch.setattr(results, "commit", lambda: found)
    with pytest.raises(LucioleError, match="expected a checkout without uncommitted changes"):
        attestation.commit()


def test_samples_and_columns_are_not_changed_afterwards():
    for one, name in ((Column(1, 1), "now"), (sample([1], [1]), "of")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 2)
    assert sample([1], [1]).left == {} and Column(1, 1).why == ""


def test_every_experiment_finds_its_own_rederivation(study, monkeypatch):
    assert attestation._rederivation("toy/squares") is study.rederive
    monkeypatch.setitem(EXPERIMENTS, "toy/none", Experiment("none", ("toy/other", "toy/second")))
    second = SimpleNamespace(rederive=lambda: None)
    monkeypatch.setitem(sys.modules, "luciole.experiments.toy.none", second)
    assert attestation._rederivation("toy/second") is second.rederive


def test_the_committed_results_are_current():
    assert attestation.stale() == {}
