"""What a network costs before it is compiled: terms, limits, and the table that the experiment fitted."""

from collections.abc import Callable

import numpy as np
import pytest
from torch import nn

from luciole import results
from luciole.datasets.windows import Normalisation
from luciole.devices import cortex_m, foretell, operators
from luciole.devices.c import emit
from luciole.devices.foretell import Cost, Limits
from luciole.devices.lower import plan
from luciole.errors import LucioleError

LENGTH = 40


def test_limits_name_what_they_break() -> None:
    cost = Cost(flash=30_000, ram=9_000, instructions=2e6)
    assert Limits().broken(cost) == ()
    assert Limits(flash=30_000, ram=9_000, instructions=2e6).broken(cost) == ()
    assert Limits(flash=29_999, instructions=1e6).broken(cost) == (
        "flash: 30,000 of 29,999",
        "instructions: 2,000,000 of 1,000,000",
    )


@pytest.mark.parametrize("name", ["flash", "ram", "instructions"])
def test_a_limit_that_nothing_keeps_is_refused(name: str) -> None:
    with pytest.raises(LucioleError, match=f"expected a limit of {name} above 0, got 0"):
        Limits(**{name: 0})


def test_terms_count_what_the_layers_hold(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    for number in range(6):
        ours = plan(drawn(number), constants, LENGTH)
        told = dict(zip(foretell.TERMS, foretell.terms(ours), strict=True))
        products = [value for name, value in told.items() if name.endswith("products")]
        assert sum(products) == ours.macs
        assert told["call"] == len(ours.layers) - 1  # the statistics are no term of these
        assert foretell.described(ours) == LENGTH * 3


def test_an_unknown_core(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    with pytest.raises(LucioleError, match=r"expected a core that was measured \(.*\), got 'z80'"):
        foretell.foretell(plan(drawn(0), constants, LENGTH), "z80")


def test_the_table_is_the_one_that_was_fitted() -> None:
    from luciole.experiments.devices.cortex_m import DESIGNS, SEEN, fitted, fitted_code

    frame = results.read(DESIGNS).frame
    seen = frame[frame["genotype"].isin(set(frame["genotype"].drop_duplicates().iloc[:SEEN]))]
    for core in cortex_m.CORES:
        kept = [operators.TABLE[core][name] for name in foretell.TERMS]
        assert np.allclose(fitted(seen, core), kept, rtol=6e-3, atol=1e-9)
    assert np.allclose(fitted_code(seen), [operators.BYTES[name] for name in foretell.CODE], rtol=6e-3, atol=1e-9)


@pytest.mark.skipif(bool(cortex_m.missing()), reason=f"not installed: {cortex_m.missing()}")
def test_memory_is_exact_and_the_rest_is_near(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    """A network of other channels and another length than those that the table was fitted to."""
    ours = plan(drawn(5), constants, LENGTH)
    told = foretell.foretell(ours, "m4f")
    found = cortex_m.measure(emit(ours, "net"), "net", ours, cortex_m.CORES["m4f"])
    assert abs(told.ram - found.memory) <= 8
    assert told.instructions == pytest.approx(found.instructions, rel=0.35)
    assert told.flash == pytest.approx(found.flash, rel=0.35)
