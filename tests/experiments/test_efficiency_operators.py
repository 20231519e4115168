"""What the start of an operator is worth: the fit on times that are known, the designs drawn, a tiny run."""

import numpy as np
import pandas as pd
import pytest

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.efficiency import operators
from luciole.networks import har1d as networks


def known(noise: float) -> pd.DataFrame:
    """Fifty designs at 2 µs an operator and 0.1 ns a multiply-accumulate: 20,000 of these an operator."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"operators": rng.integers(70, 200, 50), "macs": rng.integers(10_000, 1_000_000, 50)})
    frame["seconds"] = (2e-6 * frame["operators"] + 1e-10 * frame["macs"]) * np.exp(noise * rng.normal(size=50))
    return frame


def test_the_fit_finds_the_times_that_made_the_data() -> None:
    assert operators.fit(known(0.0)) == pytest.approx((2e-6, 1e-10, 0.0), abs=1e-9)
    middle, low, high = operators.rate(known(0.05))
    assert low < 20_000 < high and low < middle < high
    assert operators.fit(known(0.05))[2] == pytest.approx(0.05 * np.sqrt(2 / np.pi), rel=0.4)


def test_a_small_run_writes_what_can_be_derived_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setattr(operators, "DESIGNS", 3)
    monkeypatch.setattr(operators, "REPEATS", 2)
    monkeypatch.setattr(operators, "ROUNDS", 1)
    operators.run()
    result = results.read(operators.NAME)
    rows = operators.designs(3)
    assert (result.frame["macs"] == networks.counts(rows, 6, 6, 128)[1]).all()
    assert (result.frame["seconds"] > 0).all() and (result.frame["macs"] <= operators.LIMIT).all()
    sample = operators.rederive(operators.NAME, result, np.random.default_rng(0), 2)
    assert len(sample.units) == 2 and not any(one.differing().any() for one in sample.columns.values())
    with pytest.raises(LucioleError, match="no scheduler"):
        operators.run(scheduler="tcp://somewhere:8786")
