"""What must be compiled before a contest begins, so that it takes none of its minutes."""

import time
from collections.abc import Callable

import numpy as np

from luciole.design import rivals
from luciole.design.clock import words

NOTED = 5.0  # seconds from which it is said


def ahead(tell: Callable[[str], None]) -> float:
    """Let rivals of the package aeon be compiled on a few invented windows, and return the seconds that it took.

    Where aeon is not here nothing is done. Its compiler (numba) keeps what it made beside the package, so that later
    runs, and the processes of this one, load it in a second or two.
    """
    begun = time.monotonic()
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 2, 32)).astype(np.float32), np.arange(12) % 2
    for name in filter(rivals.present, rivals.AEON):
        rivals.fit(name, X, y, seed=0)(X[:2])
    spent = time.monotonic() - begun
    if spent > NOTED:
        tell(f"aeon's classifiers were compiled in {words(spent)} minutes, which are not counted")
    return spent
