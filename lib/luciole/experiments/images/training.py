"""Found and hand-made networks trained on small images for a short while, as a processor can.

    luciole run images/training               # a quarter of an hour of a processor

The question and its protocol are those of :mod:`luciole.experiments.images.study`: images halved, 12 epochs of 2,048
images, a cell a stage.
"""

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.images.study import Setting, compute, learn
from luciole.training import Recipe

SHORT = Setting(
    "images/training",
    coarser=2,
    trained=10_000,
    held=10_000,
    scored=300,
    width=8,
    cells=1,
    varied=True,
    recipe=Recipe(epochs=12, batch=64, windows=2_048, rate=3e-3, weight_decay=5e-2),
)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search and train as a processor can in a quarter of an hour; the result is ``images/training``."""
    compute(SHORT, workers, scheduler, seconds)


def rederive(result: results.Result, setting: Setting = SHORT) -> str:
    """Train the plain networks on the digits again with seed 0 and say what was compared, in one line.

    Raises LucioleError where an accuracy is another by more than two images in a hundred (sums are rounded otherwise
    on another processor).
    """
    table, labels = result.frame, ("MLP", "small CNN", "LeNet-5")
    for label in labels:
        kept = table[(table["dataset"] == "digits") & (table["seed"] == 0) & (table["network"] == label)]["test"]
        now = float(learn((setting, "digits", 0, label, -1))["test"])
        if abs(now - float(kept.iloc[0])) > 0.02:
            raise LucioleError(f"{label} on digits reaches {now:.3f} now, recorded {float(kept.iloc[0]):.3f}")
    return f"{len(labels)} networks were trained again on the digits and reached the recorded accuracy"
