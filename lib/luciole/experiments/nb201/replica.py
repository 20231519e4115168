"""How the replica of NAS-Bench-201, which needs no download, agrees with the original table.

    luciole run nb201/replica

It takes a second; it is an experiment because the original table is not everywhere.
"""

import time

import pandas as pd

from luciole import results, tables
from luciole.errors import LucioleError

NAME = "nb201/replica"


def compute() -> pd.DataFrame:
    """Return the agreement as one row; LucioleError where the original table is not."""
    return pd.DataFrame([tables.replica_agreement()._asdict()])


def rederive(kept: pd.DataFrame) -> None:
    """Compute the agreement again and raise LucioleError when it is not the one kept."""
    fresh = compute()
    try:
        pd.testing.assert_frame_equal(kept, fresh, rtol=1e-9)
    except AssertionError as difference:
        raise LucioleError(f"{NAME} is not what the tables give: {str(difference).splitlines()[0]}") from None


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compute and write the result; too short to shard."""
    start = time.perf_counter()
    frame = compute()
    results.write(
        NAME,
        frame,
        function=run,
        parameters={},
        modules=["luciole.tables.nasbench201", "luciole.tables.replica", "luciole.spaces.nb201"],
        inputs={"nb201": tables.nb201().source, "nb201_replica": tables.nb201_replica().source},
        seconds=time.perf_counter() - start,
    )
