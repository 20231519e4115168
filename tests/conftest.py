"""Fixtures shared by all tests; threads are pinned so that digits and times do not depend on the machine's load."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
settings.register_profile("luciole", deadline=None)  # by default an example over 200 ms fails, on a busy machine any
settings.load_profile("luciole")


@pytest.fixture(autouse=True)
def _the_same_draws() -> None:
    """A network that a test builds without a seed has the same weights in every run, whatever ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The prepared tables and data sets; tests that need them are skipped where they are absent."""
    from luciole import files

    folder = files.data_folder()
    if folder is None:
        pytest.skip("needs the prepared data: set LUCIOLE_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def contest_windows():
    """Eleven invented people and three activities as the contest's windows: a function of the set's name."""
    import numpy as np

    from luciole.experiments.har import arena_protocol

    def make(name: str):
        rng = np.random.default_rng(0)
        recordings = (
            (rng.normal(size=(100, 2)) * (1 + 3 * activity), person, activity)
            for person in range(11)
            for activity in range(3)
        )
        return arena_protocol.windows(name, recordings, ("still", "slow", "fast"), ("x", "y"), 10.0)

    return make
