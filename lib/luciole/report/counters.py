"""What public counters of multiply-accumulates say of networks that were counted by hand, beside ours.

The figures are those of ``benchmarks/counters.py``, as it recorded them.
"""

import json
import re

import pandas as pd

from luciole import files


def table() -> pd.DataFrame:
    """One row a network, one column a counter: by hand, ours, and each with its version; whole multiply-accumulates."""
    kept = json.loads((files.results() / "benchmarks.json").read_text(encoding="utf-8"))
    rows = [
        {
            "network": key.removeprefix("counters.").rpartition(".")[0],
            "by hand": int(re.findall(r"by hand (\d+)", row["what"])[0]),
            "ours": int(row["measured"]),
            "counter": row["peer_name"],
            "says": row["peer"],
        }
        for key, row in kept.items()
        if key.startswith("counters.")
    ]
    wide = pd.DataFrame(rows).pivot(index=["network", "by hand", "ours"], columns="counter", values="says")
    return wide.rename_axis(columns=None).reset_index()


def far(near: float = 0.05) -> pd.DataFrame:
    """One row a counter: of how many networks it says something further than ``near`` from the count by hand."""
    wide = table()
    counters = [name for name in wide.columns if name not in ("network", "by hand")]
    missed = [int(((wide[name] / wide["by hand"] - 1).abs() > near).sum()) for name in counters]
    return pd.DataFrame({"counter": counters, "networks it misses": missed, "of": len(wide)})
