"""The space of chains: its rules, its operators, its classes."""

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.spaces import chain

rng = np.random.default_rng(3)
ROWS = chain.sample(rng, 200)
SLOTS = ROWS.reshape(-1, chain.PLACES, 3)


def test_samples_and_their_relatives_keep_the_rules():
    other = ROWS[rng.permutation(len(ROWS))]
    for rows in (ROWS, chain.mutate(rng, ROWS), chain.crossover(rng, ROWS, other), chain.canonical(ROWS)):
        assert rows.dtype == np.int8
        chain.check(rows)
    assert (SLOTS[:, 1, 0] == 0).mean() == pytest.approx(0.5, abs=0.12)
    assert len(np.unique(SLOTS[:, 0, 0])) == len(chain.WIDTHS) - 1


def test_neighbours_change_one_slot_and_can_be_undone_but_for_the_width():
    for row in ROWS[:40]:
        around = chain.neighbours(row)
        assert len(np.unique(around, axis=0)) == len(around)
        changed = (around.reshape(-1, chain.PLACES, 3) != row.reshape(chain.PLACES, 3)).any(axis=2).sum(axis=1)
        assert (changed == 1).all()
        for child in around:
            back = chain.neighbours(child)
            if (child.reshape(-1, 3)[:, 0] > 0).sum() >= (row.reshape(-1, 3)[:, 0] > 0).sum():
                assert (back == row).all(axis=1).any()  # what was taken out comes back as wide as its predecessor


def test_mutants_are_neighbours():
    for row, mutant in zip(ROWS, chain.mutate(rng, ROWS), strict=True):
        assert (chain.neighbours(row) == mutant).all(axis=1).any()


def test_canonical_closes_gaps_and_nothing_else():
    gap = np.array([1, 0, 0, 0, 0, 0, 2, 1, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0], dtype=np.int8)
    closed = np.array([1, 0, 0, 2, 1, 1, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0], dtype=np.int8)
    assert (chain.canonical(gap[None]) == closed).all()
    assert (chain.canonical(closed) == closed).all()
    assert chain.words(gap) == chain.words(closed) == "4x1 8x3+skip | 12x3"


def test_codes_and_distances():
    assert chain.encode(ROWS).shape == (200, sum(chain.ARITY))
    assert (chain.encode(ROWS).sum(axis=1) == chain.GENES).all()
    assert (chain.distance(ROWS, ROWS) == 0).all()


@pytest.mark.parametrize(
    ("gene", "value", "message"),
    [(0, 0, "the first slot"), (2, 1, "the first slot"), (5, 1, "empty slot"), (0, 9, r"gene 0 of chains in 0..6")],
)
def test_broken_genotypes_are_refused(gene, value, message):
    row = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    row[gene] = value
    with pytest.raises(LucioleError, match=message):
        chain.check(row)


def test_one_genotype_at_a_time():
    with pytest.raises(LucioleError, match="one genotype"):
        chain.neighbours(ROWS[:2])
    with pytest.raises(LucioleError, match="before it in its stage"):
        chain.before(ROWS[0], 3)
