"""What chapter 5 says of luciole on NAS-Bench-201: the scores chosen, what each part is worth, the targets.

Everything here reads the committed result ``firefly/luciole_nb201``, whose accuracies are those of the original table.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import published, results
from luciole.experiments.firefly import luciole_nb201 as study
from luciole.experiments.firefly import plans_nb201 as plans
from luciole.experiments.firefly.ifa_nb201 import spread
from luciole.report.scores import word
from luciole.scores.aggregate import log_rank
from luciole.spaces import nb201

DATASETS = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}
LIMIT = 90  # million multiply-accumulates
TARGETS = (  # goal, plan, stage of the run, accuracies asked for on the three data sets
    *(("no training in the run", f"luciole, {n}", "best", (94.2, None, None)) for n in (150, 300, 1000, 2000)),
    *((f"up to {LIMIT} million MACs", f"luciole up to 90 MMACs, {n}", "best", (94.0, None, None)) for n in (300, 1000)),
    (f"up to {LIMIT} million MACs, 3,000 s", "luciole up to 90 MMACs, 300", "trained", (94.0, None, None)),
    *(("3,000 s", f"luciole, {n}", "trained", (94.3, 73.2, 46.4)) for n in (150, 300, 1000)),
)


def plan(name: str) -> str:
    """A plan of the result as people write it.

    >>> plan("luciole on l2_norm alone, 150"), plan("luciole up to 90 MMACs, 1000")
    ('luciole on norm of the weights alone, 150 scored', 'luciole up to 90 million MACs, 1,000 scored')
    """
    what, _, scored = name.rpartition(", ")
    alone = what.removeprefix("luciole on ").removesuffix(" alone")
    if what.endswith(" alone"):
        what = f"luciole on {word(alone)} alone"
    return f"{what.replace('MMACs', 'million MACs')}, {int(scored):,} scored"


@dataclass(frozen=True)
class Kept:
    """The committed runs of luciole, of its parts and of its rivals."""

    result: results.Result

    @classmethod
    def read(cls) -> "Kept":
        """Read ``firefly/luciole_nb201``."""
        return cls(results.read("firefly/luciole_nb201"))

    @property
    def arrays(self) -> Any:
        """The arrays of the result."""
        return self.result.arrays

    @cached_property
    def plans(self) -> list[str]:
        """Names of the plans that were run."""
        return [str(name) for name in self.arrays["plans"]]

    @cached_property
    def seeds(self) -> int:
        """Runs of each plan."""
        return int(self.arrays["best"].shape[1])

    @cached_property
    def chosen(self) -> list[str]:
        """The scores that guide the search."""
        return list(study.chosen_scores(self.result))

    @cached_property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """Every candidate score on all cells, (15625,) each."""
        return {name: spread(values) for name, values in study.kept_scores(self.result).items()}

    @cached_property
    def together(self) -> NDArray[np.float64]:
        """The chosen scores' ranks within the whole space, logarithms added, (15625,)."""
        return log_rank([self.columns[name] for name in self.chosen])

    @cached_property
    def standing(self) -> pd.DataFrame:
        """One row a plan: mean accuracy on three data sets, half a 95 % interval and deviation on CIFAR-10, seconds."""
        arrays = self.arrays
        frame = pd.DataFrame(
            {title: arrays[f"{name}_best_mean"] for name, title in DATASETS.items()}
            | {"sd": arrays["c10_best_sd"], "seconds": arrays["seconds"] / self.seeds},
            index=self.plans,
        ).astype(float)
        return frame.assign(half=1.96 * frame["sd"] / np.sqrt(self.seeds))

    def best(self, name: str) -> NDArray[np.int64]:
        """Official index of the cell that each run of a plan chose, (seeds,)."""
        return self.arrays["best"][self.plans.index(name)]


def sets(kept: Kept, shown: int = 8) -> pd.DataFrame:
    """The best sets of one to three scores by the rule."""
    names = [" + ".join(map(word, str(name).split(" + "))) for name in kept.arrays["sets_names"][:shown]]
    heads = {"CIFAR-100 accuracy of their five best (%)": kept.arrays["sets_mean"][:shown].astype(float)}
    return pd.DataFrame(heads, index=names)


def shown(kept: Kept, names: list[str]) -> pd.DataFrame:
    """Rows of some plans, in words, as a table to show."""
    rows = kept.standing.loc[names]
    return pd.DataFrame(
        {
            "CIFAR-10 (%)": [f"{mean:.2f} ± {half:.2f}" for mean, half in rows[["CIFAR-10", "half"]].to_numpy()],
            "deviation over seeds": rows["sd"].to_numpy(),
            "CIFAR-100 (%)": rows["CIFAR-100"].to_numpy(),
            "ImageNet16-120 (%)": rows["ImageNet16-120"].to_numpy(),
            "seconds a run": rows["seconds"].to_numpy(),
        },
        index=[plan(name) for name in names],
    )


def ifa_parts(kept: Kept) -> list[str]:
    """The plans that change one part of IFA."""
    return [name for name in kept.plans if name.startswith("IFA")]


def rivals() -> list[str]:
    """The plans of other searches on the same ranks, and luciole on them."""
    return [*(f"{name}, {plans.FEW}" for name in plans.RIVALS), f"luciole on whole ranks, {plans.FEW}"]


def parts(kept: Kept) -> list[str]:
    """The plans that take a part of luciole away, at both budgets, and those on a single score."""
    away = [f"{name}, {scored}" for scored in (60, plans.FEW) for name in plans.PARTS]
    return away + [name for name in kept.plans if "alone" in name]


def targets(kept: Kept) -> pd.DataFrame:
    """What was asked for before the work, what was reached, and the verdict of each."""
    rows = []
    for goal, name, stage, wanted in TARGETS:
        at = kept.plans.index(name)
        row = {"goal": goal, "run": plan(name)}
        for (dataset, title), want in zip(DATASETS.items(), wanted, strict=True):
            mean, sd = (float(kept.arrays[f"{dataset}_{stage}_{kind}"][at]) for kind in ("mean", "sd"))
            row[f"{title} (%)"] = f"{mean:.2f} ± {1.96 * sd / np.sqrt(kept.seeds):.2f}"
            if want is not None and dataset != "c100":  # the scores were chosen on CIFAR-100: no verdict there
                row[f"{title} asked"] = f"{want}: {'met' if mean >= want else 'missed'}"
        rows.append(row)
    return pd.DataFrame(rows).set_index("goal").fillna("")


def numbers(kept: Kept) -> dict[str, str]:
    """Numbers of the sentences about scores, parts and targets, as text by name."""
    at: Any = kept.standing["CIFAR-10"]
    few, base = plans.FEW, at[f"IFA, released, {plans.FEW}"]
    integer = at[f"IFA, integer fitness, {few}"]
    others = at[ifa_parts(kept)].drop([f"IFA, released, {few}", f"IFA, integer fitness, {few}"])
    whole = [f"{name}, {few}" for name in plans.PARTS]
    alone = at[[name for name in kept.plans if "alone" in name]]
    ends = kept.best("luciole, 1000")
    top = int(kept.together.argmax())
    moved = {}
    for scored in (300, 1000):
        place = kept.plans.index(f"luciole, {scored}")
        stages = {
            title: [float(kept.arrays[f"{key}_{stage}_mean"][place]) for stage in ("best", "trained")]
            for key, title in DATASETS.items()
        }
        moved[f"moved_{scored}"] = ", ".join(f"{end - start:+.2f} on {title}" for title, (start, end) in stages.items())
        moved[f"light_{scored}"] = f"{at[f'luciole up to 90 MMACs, {scored}']:.2f}"
    judged = targets(kept).filter(like="asked").to_numpy().ravel()
    return moved | {
        "chosen": ", ".join(map(word, kept.chosen)),
        "sets": f"{len(kept.arrays['sets_mean']):,}",
        "score_ms": f"{1000 * float(kept.arrays['score_seconds']):.0f}",
        "seeds": f"{kept.seeds}",
        "few": f"{few}",
        "ifa_integer": f"{base - integer:.2f}",
        "ifa_widest": f"{(others - base).abs().max():.2f}",
        "ifa_few": f"{base:.2f}",
        "random_few": f"{at[f'random search, {few}']:.2f}",
        "luciole_few": f"{at[f'luciole, {few}']:.2f}",
        "local_few": f"{at[f'local search, {few}']:.2f}",
        "range_parts": f"{at[whole].max() - at[whole].min():.2f}",
        "range_alone": f"{alone.max() - alone.min():.2f}",
        "few_half": f"{kept.standing['half'][whole].max():.2f}",
        "restarted": f"{int((kept.best(f'luciole, {few}') != kept.best(f'without restart, {few}')).sum())}",
        "reached": f"{at['luciole, 1000']:.2f}",
        "reached_in16": f"{kept.standing['ImageNet16-120']['luciole, 1000']:.2f}",
        "ends": f"{len(np.unique(ends))}",
        "at_top": f"{int((nb201.iso()[ends] == nb201.iso()[top]).sum())}",
        "targets_met": f"{sum('met' in text for text in judged)}",
        "targets_judged": f"{sum(bool(text) for text in judged)}",
    }


def beside(kept: Kept) -> tuple[pd.DataFrame, dict[str, str]]:
    """Published accuracies on CIFAR-10 and ours, with the printed figure of IFA."""
    printed = published.figure("mokhtari2022ifa/ifa_nb201_c10")
    rows = {
        "IFA, as printed (setting not seen)": (f"{printed:.2f}", 0.0),
        "NASWOT, best of 1,000, as printed": (
            f"{published.figure('mellor2021naswot/naswot1000_c10'):.2f}",
            published.figure("mellor2021naswot/naswot1000_c10") - printed,
        ),
    }
    for name in ("luciole, 150", "luciole, 300", "luciole, 1000", "luciole, 2000"):
        row: Any = kept.standing.loc[name]
        rows[plan(name)] = (f"{row['CIFAR-10']:.2f} ± {row['half']:.2f}", row["CIFAR-10"] - printed)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["CIFAR-10 (%)", "difference to printed IFA"])
    return frame, {"ifa_printed": f"{printed:.2f}"}
