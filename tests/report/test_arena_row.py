"""A reader's own row: trained anew for each group, or scored where it was not trained; bad input in one line."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from torch import nn
from typer.testing import CliRunner

from luciole import cli
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.har import arena_protocol
from luciole.experiments.har.arena_training import Training
from luciole.report import arena_row
from luciole.sensors.deploy import export

GROUPS = arena_protocol.GROUPS


@pytest.fixture(scope="module")
def dataset(contest_windows):
    return contest_windows("hapt")


@pytest.fixture(autouse=True)
def invented(dataset, monkeypatch):
    monkeypatch.setattr(arena_protocol, "load", lambda name: dataset)
    rows = {"weak": np.full(GROUPS, 40.0), "strong": np.arange(90.0, 100), "some groups": [90.0, *[np.nan] * 9]}
    monkeypatch.setattr(arena_row, "committed", lambda name: pd.DataFrame(rows))


def described(X):
    return np.log(X.std(axis=2))


def discriminant(lesson):
    return make_pipeline(FunctionTransformer(described), LinearDiscriminantAnalysis())


class Deviations(nn.Module):
    """Scores of three classes from the deviation of windows in physical units."""

    def __init__(self, classes=3):
        super().__init__()
        self.centres = torch.log(1 + 3 * torch.arange(float(classes)))

    def forward(self, x):
        spread = torch.log(x.var(dim=2).mean(dim=1)) / 2
        return -(spread[:, None] - self.centres).square()


def write(path, network=None, channels=2, length=30):
    plain = Normalisation(np.zeros(channels, np.float32), np.ones(channels, np.float32))
    return export(network or Deviations(), plain, length, path)


def test_what_is_trained_anew_is_scored_in_every_group_and_paired(dataset):
    standing = arena_row.score(discriminant, "hapt")
    assert [*standing.f1] == [*range(GROUPS)]
    lesson, X, y = arena_protocol.fold(dataset, 4)
    learnt = ~lesson.stopping
    answered = discriminant(lesson).fit(lesson.X[learnt], lesson.y[learnt]).predict(X)
    assert standing.f1[4] == 100 * arena_protocol.macro_f1(arena_protocol.confusion(y, answered, 3))
    assert [*standing.rivals.index] == ["strong", "weak"]  # not the one that lacks groups
    apart = np.array([*standing.f1.values()]) - np.arange(90.0, 100)
    assert standing.rivals.loc["strong", "yours less theirs"] == pytest.approx(apart.mean())
    assert standing.rivals.loc["weak", "groups won"] == GROUPS
    assert standing.place == 1 + (standing.rivals["macro-F1, %"] > np.mean([*standing.f1.values()])).sum()
    assert "macro-F1 of yours" in str(standing) and arena_row.TRUST not in str(standing)


def test_a_torch_module_is_trained_as_the_contest_trains():
    made = []

    def make(lesson):
        made.append(nn.Sequential(nn.Flatten(), nn.Linear(60, lesson.classes)))
        return made[-1]

    before = arena_row.score(make, "hapt", groups=[2], training=Training(most=1))
    assert (len(made), [*before.f1]) == (1, [2])
    assert "one group, so that no interval is known" in str(before)
    assert {"strong", "weak"} == {*before.rivals.index}
    again = arena_row.score(make, "hapt", groups="2", training=Training(most=3))
    assert not torch.equal(made[0][1].weight, made[1][1].weight)
    assert again.f1.keys() == before.f1.keys()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda lesson: 3, "group 1: expected a torch module or an object with fit and predict, got int"),
        (lambda lesson: LinearDiscriminantAnalysis(), "group 1: LinearDiscriminantAnalysis cannot learn windows of sh"),
        (lambda lesson: Fixed(np.float64(1.0)), "yours, group 1: expected a class .integer. for each of 5 windows"),
        (lambda lesson: Fixed(np.int64(7)), "expected classes from 0 to 2 .hapt has 3., got 7 to 7"),
    ],
)
def test_models_that_cannot_be_scored_are_refused_in_a_line(make, said, dataset):
    with pytest.raises(LucioleError, match=said.replace("5 windows", r"\d+ windows")) as caught:
        arena_row.score(make, "hapt", groups=[1])
    assert "\n" not in str(caught.value)


class Fixed:
    """Answers the same for every window."""

    def __init__(self, answer):
        self.answer = answer

    def fit(self, X, y):
        """Learn nothing."""

    def predict(self, X):
        return np.full(len(X), self.answer)


def test_a_trained_file_is_scored_in_the_groups_it_has_not_seen(dataset, tmp_path):
    path = write(tmp_path / "mine.onnx")
    done = CliRunner().invoke(cli.app, ["arena", str(path), "--set", "hapt", "--unseen", "3,0"])
    assert done.exit_code == 0, done.output
    assert "hapt, groups 0, 3: macro-F1 of mine.onnx" in done.output
    assert arena_row.TRUST in done.output
    standing = arena_row.file(str(path), "hapt", "3,0")
    tested = arena_protocol.groups(dataset) == 3
    answered = Deviations()(torch.from_numpy(dataset.X[tested])).argmax(dim=1).numpy()
    counts = arena_protocol.confusion(dataset.y[tested], answered, 3)
    assert standing.f1[3] == pytest.approx(100 * arena_protocol.macro_f1(counts))
    assert standing.f1[3] > 80
    other = arena_row.file(str(path), "hapt", "3,0", normalised=True)
    assert other.f1[3] < standing.f1[3] - 20  # it knows physical units alone


def test_a_file_a_group_is_asked_about_its_own_group_alone(tmp_path, monkeypatch):
    for group in (1, 2):
        write(tmp_path / f"mine-{group}.onnx")
    opened = []
    onnx = arena_row.onnx
    monkeypatch.setattr(arena_row, "onnx", lambda path, dataset: opened.append(path.name) or onnx(path, dataset))
    standing = arena_row.file(str(tmp_path / "mine-{group}.onnx"), "hapt", "1,2")
    assert ([*standing.f1], sorted(opened)) == ([1, 2], ["mine-1.onnx", "mine-2.onnx"])
    with pytest.raises(LucioleError, match="there is none at .*mine-0.onnx"):
        arena_row.file(str(tmp_path / "mine-{group}.onnx"), "hapt", "all")


def test_a_file_that_takes_one_window_at_a_time_answers_alike(tmp_path, dataset):
    whole, one = write(tmp_path / "any.onnx"), tmp_path / "one.onnx"
    torch.onnx.export(Deviations(), (torch.randn(1, 2, 30),), str(one), input_names=["x"], dynamo=False)
    np.testing.assert_array_equal(
        arena_row.onnx(whole, "hapt")(dataset.X[:20]), arena_row.onnx(one, "hapt")(dataset.X[:20])
    )


@pytest.mark.parametrize(
    ("unseen", "said"),
    [
        ("", "expected --unseen, the groups of people that .* group 0 of hapt is people 0, 10, and person i"),
        ("10", r"expected groups of people as 0,3 .* got \[10\]"),
        ("1,1", r"each once. or all, got \[1, 1\]"),
        ("first", r"got \[-1\]"),
    ],
)
def test_groups_that_cannot_be_are_refused(unseen, said, tmp_path):
    path = write(tmp_path / "mine.onnx")
    with pytest.raises(LucioleError, match=said):
        arena_row.file(str(path), "hapt", unseen)


def test_files_for_other_windows_or_classes_are_refused(tmp_path):
    other = write(tmp_path / "other.onnx", channels=3)
    with pytest.raises(LucioleError, match=r"expected one input of windows, .*\[n, 2, 30\] on hapt, got .*, 3, 30"):
        arena_row.file(str(other), "hapt", "all")
    more = write(tmp_path / "more.onnx", Deviations(classes=5))
    with pytest.raises(LucioleError, match="finite scores of the 3 classes of hapt, got 5 a window"):
        arena_row.file(str(more), "hapt", "all")
    (tmp_path / "no.onnx").write_text("no network")
    with pytest.raises(LucioleError, match="expected an ONNX file, cannot open it"):
        arena_row.file(str(tmp_path / "no.onnx"), "hapt", "all")
    with pytest.raises(LucioleError, match=r"expected a model that was not trained on group 2, got those of \[1\]"):
        arena_row.trained({1: lambda X: np.zeros(len(X), int)}, "hapt", [1, 2])
