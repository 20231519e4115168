"""What chapter 4 says of published correlations at their own setting: ours beside each, with a verdict, and why."""

import pandas as pd

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.nb201.correlations import NEAR
from luciole.report import scores_beside
from luciole.report.scores import word

RESULT = "nb201/published_quality"
SUITE = "krishnakumar2022suitezero"
WORKS = scores_beside.WORKS | {
    "abdelfattah2021zerocost": "Zero-cost NAS",
    "zhang2022gradsign": "GradSign",
    "mellor2021naswot": "NASWOT",
    SUITE: "Suite-Zero",
}
EXPLAINED = {  # differences that chance does not explain, by work and score
    ("lee2024aznas", "naswot"): "idle edges, whose ReLUs count, are not built here",
}


def judged() -> pd.DataFrame:
    """Every published figure beside ours, in the form that the work computes: a row a figure, with the difference."""
    frame = results.read(RESULT).frame.query("published_form")
    told = frame.assign(difference=frame["ours"] - frame["published"])
    outside = told.query("verdict == 'differs'")[["work", "score"]].itertuples(index=False, name=None)
    if missing := set(outside) - set(EXPLAINED):
        raise LucioleError(f"a difference that chance does not explain needs a word: {sorted(missing)}")
    return told


def worded(told: pd.DataFrame) -> pd.DataFrame:
    """These rows as a table, cell by cell beside the scores that NAS-Bench-Suite-Zero published."""
    suite = results.read(RESULT).frame.query("work == @SUITE").set_index("score")["agreement"]
    interval = [f"{low:+.2f} to {high:+.2f}" for low, high in zip(told["low"], told["high"], strict=True)]
    verdicts = [
        f"differs: {EXPLAINED[row['work'], row['score']]}" if row["verdict"] == "differs" else row["verdict"]
        for row in told.to_dict("records")
    ]
    return pd.DataFrame(
        {
            "of": told["work"].map(WORKS),
            "cells": told["cells"],
            "published": told["published"],
            "ours": told["ours"],
            "95 % interval": interval,
            "verdict": verdicts,
            "rho with Suite-Zero's, cell by cell": told["score"].map(suite),
        }
    ).set_index(pd.Index(told["score"].map(word)))


def farthest(told: pd.DataFrame) -> pd.DataFrame:
    """The widest difference of each score whose figures are more than .05 apart somewhere, widest first."""
    far = told[told["difference"].abs() > NEAR]
    return far.sort_values("difference", key=abs, ascending=False).drop_duplicates("score")


def numbers(told: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about the published setting, and which authors' code is faster than ours."""
    counted = told["verdict"].value_counts()
    suite = told.query("work == @SUITE").set_index("score")["agreement"]
    mended = told.query("work == 'abdelfattah2021zerocost' and score == 'synflow'").iloc[0]
    together = told.query("work == 'lee2024aznas' and score == 'az_synflow'").iloc[0]
    beaten = scores_beside.recorded("scores_peers").query("not met")
    slower = [f"{word(str(name))} ({row['measured'] / row['peer']:.2f} times)" for name, row in beaten.iterrows()]
    return {
        "setting_figures": f"{len(told)}",
        "setting_agree": f"{counted['agrees']}",
        "setting_open": f"{counted['not told apart']}",
        "setting_differ": f"{counted.get('differs', 0)}",
        "suite_plain": f"{suite['plain']:.2f}",
        "suite_least": f"{suite.drop('plain').min():.2f}",
        "synflow_half": f"{mended['ours']:.3f}",
        "synflow_published": f"{mended['published']:.3f}",
        "az_synflow_setting": f"{together['ours']:.3f}",
        "slower": ", ".join(slower) or "none",
    }
