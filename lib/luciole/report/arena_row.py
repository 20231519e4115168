"""A reader's own row in the contest: where a model that is not ours stands under WHAR Arena's protocol.

A way to make a model is trained anew for each group of people by what the others did, and tested on the group::

    standing = score(lambda lesson: MyNetwork(lesson.X.shape[1], lesson.classes), "hapt")     # trained as the contest's
    standing = score(lambda lesson: RocketClassifier(), "uci_har")                            # has fit and predict
    print(standing)

A model that is trained already cannot be tested on everybody: it has seen some of them. Whoever brings one names the
groups that it was *not* trained on, and it is scored in those alone, against what the other contestants have in the
same groups. That is taken on trust, and said: nothing in a file tells whom it was trained on. ::

    luciole arena mine.onnx --set hapt --unseen 0,3
    luciole arena mine-{group}.onnx --set hapt --unseen all      # ten files, each trained without its group
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.har import arena_protocol, arena_training
from luciole.experiments.har.arena_protocol import Lesson, Predictor
from luciole.experiments.har.arena_training import Training
from luciole.report.arena_groups import committed, difference, each
from luciole.sensors.deploy import Runtime

ALL = "all"
AS_THERE = Training()  # the contest's own
TRUST = "That it was not trained on the people of these groups is taken from you: nothing here can check it."

Maker = Callable[[Lesson], Any]  # a torch module, or what has fit(X, y) and predict(X); X is (n, channels, time)


@dataclass(frozen=True)
class Standing:
    """Where a model stands: its macro-F1 (%) in each group, and the other contestants in the same groups."""

    name: str
    dataset: str
    f1: Mapping[int, float]  # by group
    rivals: pd.DataFrame  # best first: macro-F1 in these groups, yours less theirs, ± 95 %, effect, groups won
    trust: str = ""

    @property
    def place(self) -> int:
        """Its place among all contestants that have these groups, from 1."""
        return 1 + int((self.rivals["macro-F1, %"] > np.mean([*self.f1.values()])).sum())

    def __str__(self) -> str:
        values = np.array([*self.f1.values()])
        error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else None
        spread = "one group, so that no interval is known" if error is None else f"standard error {error:.1f}"
        groups = ", ".join(map(str, self.f1))
        lines = [
            f"{self.dataset}, group{'s' * (len(values) > 1)} {groups}: macro-F1 of {self.name} {values.mean():.1f} % "
            f"({spread}), place {self.place} of {len(self.rivals) + 1}",
            self.rivals.round(1).to_string(),
        ]
        return "\n".join([*lines, self.trust] if self.trust else lines)


def against(name: str, dataset: str, counts: Mapping[int, NDArray], trust: str = "") -> Standing:
    """Set confusion counts by group beside the committed contestants that have all of these groups."""
    f1 = dict(zip(counts, each(np.stack([*counts.values()])).tolist(), strict=True))
    rivals = committed(dataset).loc[[*f1]].dropna(axis=1)
    rows = []
    for rival, theirs in rivals.items():
        less = difference(np.array([*f1.values()]), theirs.to_numpy())
        told = {"macro-F1, %": theirs.mean(), "yours less theirs": less.mean, "± (95 %)": less.half}
        rows.append({"contestant": rival, **told, "effect": less.effect, "groups won": less.wins})
    table = pd.DataFrame(rows).set_index("contestant").sort_values("macro-F1, %", ascending=False)
    return Standing(name, dataset, f1, table, trust)


def score(
    make: Maker,
    dataset: str,
    groups: Iterable[int] | str = ALL,
    name: str = "yours",
    training: Training = AS_THERE,
) -> Standing:
    """Train what ``make`` returns anew for each group, and say where it stands.

    ``make`` is given the group's :class:`Lesson`: normalised windows, classes, people. A torch module is trained as the
    contest trains its networks; anything else by its ``fit(X, y)``, X (n, channels, time), the stopping windows left
    out. Raises LucioleError, naming the group, for a model that is neither, that fails, or that answers otherwise than
    with a class for each window.
    """
    loaded, asked = arena_protocol.load(dataset), named(groups)
    counts = {}
    for group in asked:
        lesson, X, y = arena_protocol.fold(loaded, group)
        counts[group] = _counted(_taught(make(lesson), lesson, group, training), X, y, loaded, f"{name}, group {group}")
    return against(name, dataset, counts)


def trained(
    models: Mapping[int, Predictor] | Predictor,
    dataset: str,
    unseen: Iterable[int] | str,
    name: str = "yours",
    *,
    normalised: bool = False,
) -> Standing:
    """Score what is trained already in the groups ``unseen``, which it was not trained on: one for all, or by group.

    A model maps windows (n, channels, time) to a class each; they are in physical units, or ``normalised`` by the
    others' windows as in the contest. Raises LucioleError as :func:`score` does.
    """
    loaded, asked = arena_protocol.load(dataset), named(unseen)
    group_of = arena_protocol.groups(loaded)
    counts = {}
    for group in asked:
        if isinstance(models, Mapping) and group not in models:
            raise LucioleError(f"expected a model that was not trained on group {group}, got those of {[*models]}")
        model = models[group] if isinstance(models, Mapping) else models
        tested = group_of == group
        X = arena_protocol.fold(loaded, group)[1] if normalised else loaded.X[tested]
        counts[group] = _counted(model, X, loaded.y[tested], loaded, f"{name}, group {group}")
    return against(name, dataset, counts, TRUST)


def named(groups: Iterable[int] | str) -> list[int]:
    """Groups from numbers, or from text as ``0,3`` or ``all``, in order; LucioleError for others."""
    every = [*range(arena_protocol.GROUPS)]
    if isinstance(groups, str):
        if groups == ALL:
            return every
        groups = [int(one) if one.strip().isdecimal() else -1 for one in groups.split(",")]
    asked = [*groups]
    if not asked or len({*asked}) < len(asked) or not {*asked} <= {*every}:
        raise LucioleError(f"expected groups of people as 0,3 (from 0 to {every[-1]}, each once) or all, got {asked}")
    return sorted(asked)


def _taught(model: Any, lesson: Lesson, group: int, training: Training) -> Predictor:
    """A model trained on a lesson."""
    if isinstance(model, nn.Module):
        arena_training.fit(model, lesson, training)
        return lambda X: arena_training.answers(model, X)
    if not (hasattr(model, "fit") and hasattr(model, "predict")):
        raise LucioleError(
            f"group {group}: expected a torch module or an object with fit and predict, got {type(model).__name__}"
        )
    learnt = ~lesson.stopping
    try:
        model.fit(lesson.X[learnt], lesson.y[learnt])
    except ValueError as error:
        raise LucioleError(
            f"group {group}: {type(model).__name__} cannot learn windows of shape {lesson.X[learnt].shape}: "
            f"{' '.join(str(error).split())}; one that wants two dimensions needs a step before it that flattens them"
        ) from error
    predict: Predictor = model.predict
    return predict


def _counted(model: Predictor, X: NDArray[np.float32], y: NDArray, dataset: Dataset, told: str) -> NDArray[np.int64]:
    """Confusion counts of a model's answers."""
    answered = np.asarray(model(X))
    if answered.shape != y.shape or answered.dtype.kind not in "iu":
        raise LucioleError(
            f"{told}: expected a class (integer) for each of {len(y)} windows, got {answered.dtype} of shape "
            f"{answered.shape}"
        )
    if answered.min() < 0 or answered.max() >= dataset.classes:
        raise LucioleError(
            f"{told}: expected classes from 0 to {dataset.classes - 1} ({dataset.name} has {dataset.classes}), got "
            f"{answered.min()} to {answered.max()}"
        )
    return arena_protocol.confusion(y, answered.astype(np.int64), dataset.classes)


def onnx(path: Path, dataset: str) -> Predictor:
    """An ONNX file as a model; LucioleError where it takes other windows or tells other classes than the data set's."""
    loaded = arena_protocol.load(dataset)
    session = Runtime(path).session
    inputs = session.get_inputs()
    asked = inputs[0].shape
    fits = len(asked) == 3 and all(
        not isinstance(one, int) or one == size
        for one, size in zip(asked[1:], (loaded.channels, loaded.length), strict=True)
    )
    if len(inputs) != 1 or not fits or inputs[0].type != "tensor(float)":
        takes = " and ".join(f"{one.type} {one.shape}" for one in inputs)
        raise LucioleError(
            f"{path}: expected one input of windows, tensor(float) [n, {loaded.channels}, {loaded.length}] on "
            f"{dataset}, got {takes}; export it for these windows"
        )
    batch = asked[0] if isinstance(asked[0], int) else arena_training.EVALUATED

    def predict(X: NDArray[np.float32]) -> NDArray[np.int64]:
        told = [_asked(session, inputs[0].name, X[at : at + batch], batch) for at in range(0, len(X), batch)]
        answers = np.concatenate(told)
        if answers.ndim == 2:
            if answers.shape[1] != loaded.classes or not np.isfinite(answers).all():
                raise LucioleError(
                    f"{path}: expected finite scores of the {loaded.classes} classes of {dataset}, got "
                    f"{answers.shape[1]} a window{'' if np.isfinite(answers).all() else ', some not finite'}"
                )
            return answers.argmax(axis=1)
        return answers

    return predict


def _asked(session: Any, name: str, X: NDArray, batch: int) -> NDArray:
    """What a session answers; a batch that is not full is filled up, since a file may take one size alone."""
    full = np.concatenate([X, np.zeros((batch - len(X), *X.shape[1:]), dtype=np.float32)])
    answered: NDArray = np.asarray(session.run(None, {name: full})[0])[: len(X)]
    return answered


def file(path: str, dataset: str, unseen: str, *, normalised: bool = False) -> Standing:
    """Score an ONNX file, or one a group where ``{group}`` is in its name, in the groups that it was not trained on.

    Raises LucioleError, in one line, for what cannot be scored.
    """
    if not unseen:
        people = np.unique(splits.groups(arena_protocol.load(dataset)))[:: arena_protocol.GROUPS]
        raise LucioleError(
            f"expected --unseen, the groups of people that {path} was not trained on (as 0,3, or all), got none: on "
            f"people it has seen a network's score says nothing; group 0 of {dataset} is people "
            f"{', '.join(map(str, people))}, and person i, by number, is in group i mod {arena_protocol.GROUPS}"
        )
    files = {group: Path(path.replace("{group}", str(group))) for group in named(unseen)}
    for one in files.values():
        if not one.is_file():
            raise LucioleError(f"expected an ONNX file, there is none at {one}")
    opened = {one: onnx(one, dataset) for one in {*files.values()}}
    models = {group: opened[one] for group, one in files.items()}
    return trained(models, dataset, [*files], Path(path).name, normalised=normalised)
