"""Attestation: what came out the same makes a result current again, what did not is named, nothing passes unseen."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

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
    assert "5 numbers of 5 of 50 units" in said and "probability 0.10" in said
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
