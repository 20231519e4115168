"""How far the searches of ``nb201/search`` would have come had their clock counted validation as well as training.

Their seconds are ``c10_cost12_s``, of training alone. The benchmark's own clock adds one validation of each cell, 2.8
to 4.1 % more; cell by cell that was not published. So after 12,000 seconds of that clock a searcher stands where it
stood here after 11,527 to 11,673, and the committed curves say where that was; nothing is run again.
"""

import numpy as np
import pandas as pd

VALIDATION = (0.028, 0.041)  # of the training's seconds: the least and the most that one validation adds
DATASETS = ("c10", "c100", "in16")


def moved(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a searcher of the result ``nb201/search``: what its mean accuracies (points) lose by the other clock.

    The larger of the losses at both ends of the range, by data set; ``width`` is that of the mean's 95 % interval on
    CIFAR-10, to compare with. Straight lines join the points of a curve.
    """
    rows = []
    for searcher, curve in frame.groupby("searcher"):
        seconds = curve["seconds"].to_numpy(dtype=float)
        row: dict[str, object] = {"searcher": searcher, "runs": int(curve["runs"].iloc[-1])}
        for name in DATASETS:
            reached = curve[name].to_numpy(dtype=float)
            then = np.interp(seconds[-1] / (1 + np.array(VALIDATION)), seconds, reached)
            row[name] = float((reached[-1] - then).max())
        row["width"] = float(curve["c10_high"].iloc[-1] - curve["c10_low"].iloc[-1])
        rows.append(row)
    return pd.DataFrame(rows).sort_values("c10", ascending=False, ignore_index=True)
