"""Whether to choose the skeleton of scores, or weights, read where they were not chosen (``choice/skeletons``)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from luciole import results
from luciole.experiments.choice import skeletons
from luciole.report.titles import IMAGES
from luciole.report.verdict import TOP

SKELETONS = dict.fromkeys(("deep", "either", "together"), "shallow")  # each, and what it is held against
WEIGHTS = {f"{name}, weighted": name for name in ("shallow", *SKELETONS)}
SHOWN = {"regret": "regret (points)", "tau": "tau"}


def half_width(values: NDArray[np.float64]) -> float:
    """Half of the 95 % interval of a mean over random halves, which share networks: Nadeau and Bengio's correction.

    >>> round(half_width(np.array([1.0, 2.0, 3.0])), 2)
    4.97
    """
    count = len(values)
    return float(stats.t.ppf(0.975, count - 1) * values.std(ddof=1) * np.sqrt(1 / count + 1))


def differences() -> pd.DataFrame:
    """A row a rule, choice, figure and data set: mean difference over the halves, half of its interval, what is shown.

    The choice is held against the same rule without it: *shallow*, or the unweighted set.
    """
    frame = results.read(skeletons.NAME).frame
    halves = frame[frame["how"] == "halves"]
    rows = []
    for rule in skeletons.RULES:
        for figure in SHOWN:
            mine = halves[halves["rule"] == rule].pivot(index=["dataset", "split"], columns="procedure", values=figure)
            for what, than in (SKELETONS | WEIGHTS).items():
                for name in IMAGES:
                    less = (mine[what] - mine[than]).xs(name).to_numpy(float)
                    mean, half = float(less.mean()), half_width(less)
                    better = mean < 0 if figure == "regret" else mean > 0
                    word = "not shown" if abs(mean) <= half else "better" if better else "worse"
                    told = {"rule": rule, "choice": what, "than": than, "figure": figure, "dataset": name}
                    rows.append({**told, "mean": mean, "half": half, "word": word})
    return pd.DataFrame(rows)


def table(told: pd.DataFrame) -> pd.DataFrame:
    """A row a rule and choice: differences in regret and in tau on the three data sets, with intervals."""
    rows = {}
    for (rule, what), mine in told.groupby(["rule", "choice"], sort=False):
        row = {}
        for figure, title in SHOWN.items():
            each = mine[mine["figure"] == figure].set_index("dataset")
            row[f"{title}: {' / '.join(IMAGES.values())}"] = " / ".join(
                f"{each['mean'].to_dict()[name]:+.2f} ± {each['half'].to_dict()[name]:.2f}" for name in IMAGES
            )
        rows[rule, f"{what}, less {mine['than'].iloc[0]}"] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["rule", "choice"])


def sentence(told: pd.DataFrame) -> str:
    """What choosing skeletons and choosing weights comes to, over all rules, figures and data sets."""
    said = []
    for title, choices in (("a skeleton", SKELETONS), ("weights", WEIGHTS)):
        words = told[told["choice"].isin([*choices])]["word"].value_counts().to_dict()
        counts = ", ".join(f"{words.get(word, 0)} {word}" for word in ("better", "worse", "not shown"))
        said.append(f"choosing {title}: {counts}, of {sum(words.values())} differences")
    return "; ".join(said)


def numbers(told: pd.DataFrame) -> dict[str, str]:
    """What the prose says; shares of the top and nDCG are of *best ten* on CIFAR-10, means over the halves read."""
    frame = results.read(skeletons.NAME).frame
    mine = frame[(frame["how"] == "halves") & (frame["rule"] == "best ten") & (frame["dataset"] == "c10")]
    mean = mine.groupby("procedure")[["overlap", "ndcg"]].mean().to_dict()
    return {
        "skeleton_choice": sentence(told),
        "skeleton_top_asked": f"{100 * TOP['overlap']:.0f}",
        "skeleton_ndcg_asked": f"{TOP['ndcg']:.2f}",
        **{f"skeleton_top_{name}": f"{100 * mean['overlap'][name]:.0f}" for name in skeletons.SKELETONS},
        **{f"skeleton_ndcg_{name}": f"{mean['ndcg'][name]:.2f}" for name in skeletons.SKELETONS},
    }
