"""Regrets of chosen sets of scores on NAS-Bench-201, as chapter 14 and the README say them."""

from luciole import results
from luciole.report.titles import IMAGES


def regrets(procedure: str, how: str) -> dict[str, float]:
    """Mean regret (points) of a procedure's first network, by data set; ``how``: "whole", "halves" or "across"."""
    frame = results.read("choice/nested").frame
    mine = frame[(frame["read on"] == "NAS-Bench-201") & (frame["procedure"] == procedure) & (frame["how"] == how)]
    means = mine.groupby("dataset")["regret"].mean().to_dict()
    return {name: float(means[name]) for name in IMAGES}


def told(procedure: str, how: str) -> str:
    """:func:`regrets` in a row, in the order of :data:`luciole.report.titles.IMAGES`."""
    return " / ".join(f"{value:.2f}" for value in regrets(procedure, how).values())


def price(procedure: str) -> str:
    """What is left of a choice on the other half of the classes, in words."""
    whole, halves = regrets(procedure, "whole"), regrets(procedure, "halves")
    lost = [title for name, title in IMAGES.items() if halves[name] > whole[name]]
    if not lost:
        return "no less than what stands where it was"
    return "less than what stands where it was" + ("" if len(lost) == len(IMAGES) else f", on {' and '.join(lost)}")
