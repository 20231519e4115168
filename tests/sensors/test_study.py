"""The whole way on a data set made here: choices on the validation people, the test people read once."""

from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from luciole import datasets
from luciole.costs.counts import count
from luciole.datasets import splits
from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.networks.statistics import KINDS, multiplications
from luciole.sensors import study as studies
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.features import features
from luciole.sensors.search import leaders, tell
from luciole.sensors.study import CLASSICAL, FOUND, Study, choose, load, shift, streams
from luciole.sensors.training import Learner, Report, Settings
from luciole.spaces import har1d
from luciole.training import Recipe

LIMIT = 6_000
ROW = (3, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def recorded(people=6, seconds=40, hz=10, seed=0):
    """Continuous recordings, two activities a person, cut into windows of 32 samples that overlap by half."""
    rng = np.random.default_rng(seed)
    X, y, subject, recording = [], [], [], []
    for person in range(people):
        for label in range(2):
            time = np.arange(seconds * hz)
            wave = np.sin((0.3 + 0.5 * label) * time[:, None] + rng.uniform(0, 6, size=3))
            signal = wave + 0.2 * rng.normal(size=(len(time), 3))
            for start in range(0, len(time) - 31, 16):
                X.append(signal[start : start + 32].T)
                y.append(label)
                subject.append(person)
                recording.append(2 * person + label)
    names = {"class_names": ("slow", "fast"), "channel_names": ("x", "y", "z"), "hz": float(hz)}
    return Dataset("toy", np.array(X), np.array(y), subject=np.array(subject), recording=np.array(recording), **names)


@pytest.fixture(scope="module")
def study():
    return Study(recorded(), LIMIT, Settings(Recipe(epochs=3, batch=16), Augmentation(rotation=5), averaging=0.9))


def test_the_way_from_search_to_contest(study):
    fitness, history = study.search(scored=12, reference=6)
    best = leaders(history, 2)
    assert fitness.allowed(best).all()
    short = study.audition(best, epochs=2)
    assert (short["macs"] <= LIMIT).all() and short["accuracy"].is_monotonic_decreasing
    assert (short["macs"] == fitness.macs(np.array(list(short["genotype"]), dtype=np.int8))).all()
    contest = study.contest(choose(short), ["MLP", "logistic regression"], epochs=4, seeds=[0, 1])
    assert len(contest.table) == 6 and set(contest.networks) == {FOUND, "MLP"}
    tested = set(np.unique(study.dataset.subject[study.split.test]).tolist())
    assert set(contest.people["subject"]) == tested
    assert contest.confusion.sum() == 2 * len(study.split.test)
    assert contest.table.groupby("model")["accuracy"].mean().loc["logistic regression"] > 0.9


def test_a_search_without_training_reads_neither_validation_nor_test(study):
    data = study.dataset
    spoiled = np.array(data.X)
    spoiled[np.concatenate([study.split.validation, study.split.test])] = 1e3
    other = Study(Dataset("toy", spoiled, data.y, data.class_names, data.channel_names, subject=data.subject), LIMIT)
    same = Study(Dataset("toy", data.X, data.y, data.class_names, data.channel_names, subject=data.subject), LIMIT)
    assert (other.search(8, reference=4)[1].values == same.search(8, reference=4)[1].values).all()


def test_streams_put_back_what_was_cut(study):
    data = study.dataset
    rows = np.flatnonzero(data.subject == 2)
    ((signal, labels),) = streams(data, rows)
    assert shift(data.X[rows]) == 16
    assert len(signal) == len(labels) == 2 * ((len(rows) // 2 - 1) * 16 + 32)
    np.testing.assert_array_equal(signal[:32].T, data.X[rows[0]])
    np.testing.assert_array_equal(signal[16:48].T, data.X[rows[1]])
    assert (np.unique(labels) == [0, 1]).all()
    assert shift(np.random.default_rng(0).normal(size=(4, 2, 8))) == 8


def test_names_and_paths_are_found(tmp_path, monkeypatch):
    data = recorded(people=3)
    path = tmp_path / "mine.npz"
    np.savez(path, X=data.X, y=data.y, subject=data.subject, hz=10.0)
    monkeypatch.chdir(tmp_path)
    assert len(load("mine.npz")) == len(data)
    monkeypatch.setattr("luciole.files.root", lambda: tmp_path)
    monkeypatch.chdir("/")
    assert len(load("mine.npz")) == len(data)
    with pytest.raises(LucioleError, match=r"'nowhere\.npz': expected a file"):
        load("nowhere.npz")


def test_an_unknown_rival_is_refused(study):
    with pytest.raises(LucioleError, match="no model 'VGG16' to compare with; there are: .*MLP.*, random forest$"):
        study.contest(ROW, ["VGG16"], epochs=1, seeds=[0])
    with pytest.raises(LucioleError, match="^no model 'VGG16'.*: (?!found)"):
        study.contest(ROW, ["VGG16"], epochs=1, seeds=[0])


@pytest.fixture
def watch(monkeypatch):
    """What networks are fitted on (none is trained) and judged on, and whose features are taken."""
    seen = SimpleNamespace(fitted=[], judged=[], features=[])
    judge = Learner.judge

    def fit(learner, network, generator):
        seen.fitted.append((learner, network, generator.initial_seed()))
        return 1.5

    def judged(learner, network, dataset, rows):
        seen.judged.append(rows)
        return judge(learner, network, dataset, rows)

    monkeypatch.setattr(Learner, "fit", fit)
    monkeypatch.setattr(Learner, "judge", judged)
    monkeypatch.setattr(studies, "features", lambda X: seen.features.append(X) or features(X))
    return seen


def rows_of(study, X):
    """Numbers of the windows of a study that ``X`` holds, in its order."""
    known = {window.tobytes(): row for row, window in enumerate(study.dataset.X)}
    assert len(known) == len(study.dataset)
    return [known[np.asarray(window, dtype=np.float32).tobytes()] for window in X]


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_fitted_on_the_test_people(watch, published, seed):
    """Trained are train and validation together, every window once; constants come from them; judged is the test."""
    data = recorded()
    if published:
        data = replace(data, official=np.where(data.subject >= 4, TEST, TRAIN))
    study = Study(data, LIMIT, Settings(Recipe(epochs=3, batch=16)), seed=seed)
    tested = set(data.subject[study.split.test].tolist())
    contest = study.contest(ROW, ["MLP", *CLASSICAL], epochs=1, seeds=[0, 1])
    others = np.flatnonzero(~np.isin(data.subject, list(tested))).tolist()
    assert sorted(others) == sorted([*study.split.train, *study.split.validation])
    assert len(watch.fitted) == 4
    for learner, _, _ in watch.fitted:
        assert rows_of(study, learner.X.numpy()) == others
        assert learner.y.tolist() == data.y[others].tolist()
        np.testing.assert_allclose(learner.normalisation.mean, data.X[others].mean(axis=(0, 2)), rtol=1e-5)
        assert learner is contest.learner
    assert all(rows.tolist() == study.split.test.tolist() for rows in watch.judged)
    assert [rows_of(study, X) for X in watch.features] == [others, study.split.test.tolist()] * 4
    assert set(contest.people["subject"]) == tested
    if published:
        assert tested == {4, 5}


def test_an_audition_is_fitted_on_train_and_judged_on_validation(watch, study):
    rows = har1d.sample(np.random.default_rng(0), 4)
    short = study.audition(rows, epochs=7)
    for learner, _, seed in watch.fitted:
        assert rows_of(study, learner.X.numpy()) == study.split.train.tolist()
        assert (learner.settings.recipe.epochs, seed) == (7, study.seed)
    for (_, network, _), row in zip(watch.fitted, rows, strict=True):
        fresh = study.build(FOUND, row, 0)
        assert all(torch.equal(a, b) for a, b in zip(network.parameters(), fresh.parameters(), strict=True))
    assert all(rows.tolist() == study.split.validation.tolist() for rows in watch.judged)
    assert list(short.columns) == ["design", "macs", "accuracy", "macro_f1", "seconds", "genotype"]
    assert (short["seconds"] == 1.5).all()
    told = {tell(row): (tuple(row.tolist()), study.macs(study.build(FOUND, row, 0))) for row in rows}
    assert {name: (genotype, macs) for name, genotype, macs in short[["design", "genotype", "macs"]].values} == told
    assert short["accuracy"].is_monotonic_decreasing and len(short) == 4


def test_an_audition_tells_what_each_design_reached(watch, study, monkeypatch):
    """The best first, the earlier one where two are equal; the first is chosen."""
    reached = iter([0.5, 0.9, 0.7, 0.9])
    reports = []

    def judge(learner, network, dataset, rows):
        reports.append(Report(next(reached), len(reports) / 10, {}, np.zeros((2, 2), dtype=np.int64)))
        return reports[-1]

    monkeypatch.setattr(Learner, "judge", judge)
    rows = har1d.sample(np.random.default_rng(1), 4)
    short = study.audition(rows, epochs=1)
    assert short["accuracy"].tolist() == [0.9, 0.9, 0.7, 0.5]
    assert short["macro_f1"].tolist() == [0.1, 0.3, 0.2, 0.0]
    assert short["genotype"].tolist() == [tuple(rows[place].tolist()) for place in (1, 3, 2, 0)]
    assert choose(short) == tuple(rows[1].tolist())


def test_a_contest_tells_every_model_and_seed(watch, study):
    contest = study.contest(ROW, ["MLP", "random forest"], epochs=5, seeds=[3, 7])
    table = contest.table
    assert list(table.columns) == ["model", "seed", "macs", "parameters", "accuracy", "macro_f1", "seconds"]
    assert list(zip(table["model"], table["seed"], strict=True)) == [
        (name, seed) for seed in (3, 7) for name in (FOUND, "MLP", "random forest")
    ]
    assert [(seed, network.training) for _, network, seed in watch.fitted] == [(3, False)] * 2 + [(7, False)] * 2
    kept = dict(zip((FOUND, "MLP"), (network for _, network, _ in watch.fitted[:2]), strict=True))
    assert contest.networks == kept  # the first seed's
    for name, network in kept.items():
        mine = table[table["model"] == name]
        assert (mine["macs"] == study.macs(network)).all() and (mine["seconds"] == 1.5).all()
        assert (mine["parameters"] == sum(weight.numel() for weight in network.parameters())).all()
        assert len(watch.fitted[0][0].X) and watch.fitted[0][0].settings.recipe.epochs == 5
    assert table[table["model"] == "random forest"][["macs", "parameters", "seconds"]].isna().all(axis=None)
    test = study.split.test
    assert contest.confusion.sum() == 2 * len(test)
    assert (contest.confusion.sum(axis=1) == 2 * np.bincount(study.dataset.y[test])).all()
    assert np.trace(contest.confusion) / len(test) == pytest.approx(table[table["model"] == FOUND]["accuracy"].sum())
    sizes = {who: (study.dataset.subject[test] == who).sum() for who in np.unique(study.dataset.subject[test])}
    assert list(contest.people.columns) == ["model", "seed", "subject", "accuracy"]
    assert len(contest.people) == len(table) * len(sizes)
    for _, row in table.iterrows():
        mine = contest.people[(contest.people["model"] == row["model"]) & (contest.people["seed"] == row["seed"])]
        right = sum(mine.set_index("subject")["accuracy"][who] * size for who, size in sizes.items())
        assert right / len(test) == pytest.approx(row["accuracy"])


def test_a_contest_builds_anew_for_every_seed_and_repeats_itself(study):
    """Real training: the same seed, the same digits; another seed, other weights."""
    one, again = (study.contest(ROW, ["random forest"], epochs=1, seeds=[4]) for _ in range(2))
    other = study.contest(ROW, ["random forest"], epochs=1, seeds=[5])
    columns = ["accuracy", "macro_f1", "macs"]
    pd.testing.assert_frame_equal(one.table[columns], again.table[columns])
    weights = [list(each.networks[FOUND].parameters()) for each in (one, again, other)]
    assert all(torch.equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))
    first, second = (study.build("MLP", ROW, seed) for seed in (0, 1))
    assert not torch.equal(next(first.parameters()), next(second.parameters()))


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_classical_model_is_the_one_it_is_called(study, name, monkeypatch):
    made = []

    def watched(kind):
        fit = kind.fit

        def fitting(model, *arguments, **options):
            made.append(model)
            return fit(model, *arguments, **options)

        monkeypatch.setattr(kind, "fit", fitting)

    watched(RandomForestClassifier)
    watched(Pipeline)
    split = study.split
    rows = np.concatenate([split.train, split.validation])
    report = study._classical(name, rows, 11)
    (model,) = made
    if name == "random forest":
        assert isinstance(model, RandomForestClassifier) and (model.n_estimators, model.random_state) == (100, 11)
    else:
        assert [type(step).__name__ for _, step in model.steps] == ["StandardScaler", "LogisticRegression"]
        assert model.steps[-1][1].max_iter == 300
    answers = model.predict(features(study.dataset.X[split.test]))
    expected = Report.of(answers, study.dataset.y[split.test], study.dataset.subject[split.test], study.dataset.classes)
    assert (report.accuracy, report.subjects) == (expected.accuracy, expected.subjects)
    assert (report.confusion == expected.confusion).all()


def test_test_people_change_nothing_before_they_are_read(study):
    """Other test windows: the same auditions, and in a contest the same weights."""
    data = study.dataset
    X = np.array(data.X)
    X[study.split.test] = 50 - 3 * X[study.split.test]
    spoiled = Study(replace(data, X=X), LIMIT, study.settings)
    rows = np.array([ROW], dtype=np.int8)
    for one, other in ((study, spoiled), (spoiled, study)):
        assert one.audition(rows, 1)["macro_f1"].tolist() == other.audition(rows, 1)["macro_f1"].tolist()
    ours, theirs = (one.contest(ROW, [], epochs=1, seeds=[0]).networks[FOUND] for one in (study, spoiled))
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_is_built_is_what_is_named(study):
    data = study.dataset
    found = study.build(FOUND, ROW, 2)
    expected = networks.build(np.array(ROW), data.channels, data.classes, torch.Generator().manual_seed(2))
    assert all(torch.equal(a, b) for a, b in zip(found.parameters(), expected.parameters(), strict=True))
    for name, make in BASELINES.items():
        built = study.build(name, ROW, 3)
        expected = make(data.channels, data.classes, data.length, torch.Generator().manual_seed(3))
        assert all(torch.equal(a, b) for a, b in zip(built.parameters(), expected.parameters(), strict=True))
        assert study.macs(built) == count(built, (data.channels, data.length)).macs


def test_the_statistics_of_a_window_are_no_free_multiplications(study):
    data = study.dataset
    shape = (data.channels, data.length)
    for kinds, extra in ((None, 0), (KINDS, multiplications(*shape))):
        network = networks.build(ROW, data.channels, data.classes, torch.Generator(), kinds)
        assert study.macs(network) == count(network, shape).macs + extra
    assert study.macs(network) == networks.counts(np.array([ROW]), data.channels, data.classes, data.length)[1][0]


@pytest.mark.parametrize(
    ("batch", "windows", "used"), [(16, 400, 16), (64, 100, 25), (64, 5, 2), (64, 12, 3), (2, 3, 2)]
)
def test_a_batch_is_at_most_a_quarter_of_the_windows(study, batch, windows, used):
    settings = Settings(Recipe(epochs=9, batch=batch, rate=0.5, windows=None), averaging=0.25)
    made = replace(study, settings=settings)._settings(4, np.arange(windows))
    assert made == replace(settings, recipe=replace(settings.recipe, epochs=4, batch=used))
    part = Settings(Recipe(batch=16, windows=32))
    assert replace(study, settings=part)._settings(4, np.arange(400)).recipe.windows is None  # all, every epoch


def test_a_search_has_the_budget_the_limit_and_the_seed_of_its_study(study, monkeypatch):
    asked = {}

    def searcher(space, objective, budget, rng, **settings):
        asked.update(space=space, objective=objective, budget=budget, settings=settings, draw=rng.random())
        return "history"

    monkeypatch.setitem(studies.SEARCHERS, "luciole", searcher)
    monkeypatch.setitem(studies.SEARCHERS, "random", searcher)
    fitness, history = study.search(scored=31, reference=5, k=3.0)
    assert history == "history"
    assert (asked["space"], asked["budget"].evaluations, asked["budget"].seconds) == (har1d, 31, None)
    assert asked["objective"].value is fitness and asked["objective"].key is har1d.canonical
    assert asked["settings"] == {"allowed": fitness.allowed}
    assert (fitness.limit, fitness.classes, len(fitness.sample), fitness.k) == (LIMIT, 2, 5, 3.0)
    split = study.split
    inside = Learner.of(study.dataset, split.train, study._settings(1, split.train))
    assert len(fitness.batch) == 32
    known = {window.numpy().tobytes() for window in torch.from_numpy(inside.normalisation(inside.X.numpy()))}
    assert all(window.numpy().tobytes() in known for window in fitness.batch)
    drawn = asked["draw"]
    study.search(scored=31, reference=5, searcher="random")
    assert asked["settings"] == {} and asked["draw"] == drawn
    other = replace(study, seed=0)
    other.search(scored=31, reference=5)
    assert asked["draw"] == drawn
    told = {}
    monkeypatch.setattr(studies, "Fitness", lambda *given, **named: told.update(named) or fitness)
    study.search(scored=2)
    assert told == {"reference": 32, "k": 2.0}


def test_the_parts_are_counted(study):
    data, split = study.dataset, study.split
    table = study.parts()
    assert list(table.index) == ["train", "validation", "test"] and list(table.columns) == [
        "windows",
        "people",
        "classes",
    ]
    for name in table.index:
        rows = getattr(split, name)
        assert table.loc[name].tolist() == [len(rows), len(set(data.subject[rows])), len(set(data.y[rows]))]
    assert table["windows"].sum() == len(data) and table["people"].tolist() == [4, 1, 1]
    others = {tuple(Study(data, LIMIT, seed=seed).split.test) for seed in range(6)}
    assert len(others) > 1
    assert (Study(data, LIMIT, seed=3).split.test == splits.by_subject(data, seed=3).test).all()
    assert Study(data, LIMIT).settings.recipe.epochs == 10


def test_a_study_and_its_contest_are_not_changed_afterwards(watch, study):
    for one, name in ((study, "limit"), (study.contest(ROW, [], 1, [0]), "table")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 1)


def test_a_rate_given_is_handed_on(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(datasets, "load", lambda name, **options: asked.append((name, options)))
    load("seglearn")
    load("seglearn", hz=25.0)
    monkeypatch.setattr("luciole.files.root", lambda: tmp_path)
    monkeypatch.chdir("/")
    (tmp_path / "mine").mkdir()
    load("mine", hz=50.0)
    load("absent")
    assert asked == [
        ("seglearn", {}),
        ("seglearn", {"hz": 25.0}),
        (tmp_path / "mine", {"hz": 50.0}),
        ("absent", {}),
    ]
    monkeypatch.chdir(tmp_path)
    load("mine")
    assert asked[-1] == ("mine", {})


@pytest.mark.parametrize("step", [1, 3, 7, 8])
def test_a_shift_is_found_from_the_second_window(step):
    signal = np.random.default_rng(0).normal(size=(2, 40))
    X = np.stack([signal[:, start : start + 8] for start in range(0, 30, step)])
    assert shift(X) == shift(X[:2]) == step
    assert shift(X[:1]) == shift(X[:0]) == 8
    assert shift(X[[0, -1]]) == 8
    assert shift(X[[0, 0]]) == 8  # a window again is no step of none


def test_streams_are_put_together_person_by_person_and_recording_by_recording(study):
    data = study.dataset
    rows = np.flatnonzero(np.isin(data.subject, [1, 4]))
    made = streams(data, rows)
    assert len(made) == 2
    for who, (signal, labels) in zip((1, 4), made, strict=True):
        assert signal.shape == (len(labels), data.channels)
        place = 0
        for recording in (2 * who, 2 * who + 1):
            inside = np.flatnonzero(data.recording == recording)
            for k, row in enumerate(inside):
                np.testing.assert_array_equal(signal[place : place + 32].T, data.X[row])
                assert (labels[place : place + 32] == data.y[row]).all()
                place += 32 if k == len(inside) - 1 else 16
        assert place == len(labels)
    unnamed = replace(data, recording=None)  # one recording a person, then
    assert len(streams(unnamed, rows)) == 2
    apart = streams(replace(data, X=np.random.default_rng(0).normal(size=data.X.shape)), rows[:6])
    assert len(apart[0][0]) == 6 * 32  # windows that repeat nothing are kept whole
