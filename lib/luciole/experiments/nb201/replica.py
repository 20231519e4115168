"""How the replica of NAS-Bench-201, which needs no download, agrees with the original table.

    luciole run nb201/replica

It takes a second; it is an experiment because the original table is not everywhere.
"""

import time

import numpy as np
import pandas as pd

from luciole import attestation, results, tables
from luciole.errors import LucioleError

NAME = "nb201/replica"
MODULES = (__name__, "luciole.tables.nasbench201", "luciole.tables.replica", "luciole.spaces.nb201")


def compute() -> pd.DataFrame:
    """Return the agreement as one row; LucioleError where the original table is not."""
    return pd.DataFrame([tables.replica_agreement()._asdict()])


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Compute the agreement, the one row there is, again from the two tables."""
    try:
        now = compute()
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    drawn = attestation.draw(rng, 1, units, 1)
    rounded = {"relative": 1e-9, "why": "a mean may be added up in another order"}
    columns = attestation.columns(result.frame.iloc[drawn], now.iloc[drawn], **rounded)
    return attestation.Sample(["the agreement"] * len(drawn), 1, columns, MODULES)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compute and write the result; too short to shard."""
    start = time.perf_counter()
    frame = compute()
    results.write(
        NAME,
        frame,
        function=run,
        parameters={},
        modules=MODULES,
        inputs={"nb201": tables.nb201().source, "nb201_replica": tables.nb201_replica().source},
        seconds=time.perf_counter() - start,
    )
