"""Other people's programs run unmodified on our tables: what each found, beside what its authors published.

``data/clients.csv`` is the record, one row a program, data set and quantity: the repository and commit, how it was
called, on how many runs, the mean and deviation found, and the key in ``data/published.csv`` of the published figure,
where one was read. The programs are not here: ``luciole.tables.standing_in`` is what they ran within.
"""

import pandas as pd

from luciole import files, published
from luciole.errors import LucioleError

COLUMNS = (
    *("client", "repository", "commit", "called", "table", "searched", "reported", "quantity", "runs", "mean", "sd"),
    *("published", "note"),
)


def read() -> pd.DataFrame:
    """The record; LucioleError when a column or a number is missing."""
    path = files.root() / "data" / "clients.csv"
    frame = pd.read_csv(path, keep_default_na=False, dtype={"commit": str})
    if tuple(frame.columns) != COLUMNS:
        raise LucioleError(f"expected the columns {', '.join(COLUMNS)} in {path}, got {', '.join(frame.columns)}")
    return frame.astype({"runs": int, "mean": float, "sd": float})


def table() -> pd.DataFrame:
    """One row a program and data set: theirs (mean ± deviation over runs), ours, and the 95 % interval of our mean.

    The interval is of the normal approximation, 1.96 deviations over the root of the runs; one run has none.
    """
    known = set(published.read()["key"])
    rows = []
    for row in read().to_dict("records"):
        mean, sd, key = float(row["mean"]), float(row["sd"]), str(row["published"])
        half, several = 1.96 * sd / float(row["runs"]) ** 0.5, row["runs"] > 1
        deviation = f" ± {published.figure(f'{key}_sd'):.2f}" if f"{key}_sd" in known else ""
        rows.append(
            {
                "program": row["client"],
                "searched on": row["searched"],
                "accuracy on": row["reported"],
                "runs": row["runs"],
                "theirs (%)": f"{published.figure(key):.2f}{deviation}" if key else "not read",
                "ours (%)": f"{mean:.2f} ± {sd:.2f}" if several else f"{mean:.2f}",
                "95 % interval of our mean": f"{mean - half:.2f} to {mean + half:.2f}" if several else "one run",
                "note": row["note"],
            }
        )
    return pd.DataFrame(rows)
