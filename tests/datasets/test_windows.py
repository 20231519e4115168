"""Windows: against slow loops written here, and by properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luciole.datasets import windows
from luciole.errors import LucioleError

sizes = st.integers(1, 12)


@given(length=st.integers(0, 60), size=sizes, hop=sizes)
def test_cut_gives_every_window_that_fits(length, size, hop):
    signal = np.arange(2 * length).reshape(length, 2)
    expected = [signal[at : at + size].T for at in range(0, length - size + 1, hop)]
    got = windows.cut(signal, size, hop)
    assert got.shape == (len(expected), 2, size)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@given(labels=st.lists(st.integers(-1, 3), max_size=50), size=sizes, hop=sizes)
def test_majority_is_what_counting_by_hand_gives(labels, size, hop):
    got = windows.majority(np.array(labels, dtype=int), size, hop)
    for number, answer in enumerate(got):
        piece = [label for label in labels[number * hop : number * hop + size] if label >= 0]
        best = max((piece.count(label) for label in piece), default=0)
        if best < 0.5 * size or best == 0:
            assert answer == -1
        else:
            assert piece.count(int(answer)) == best


def test_windows_do_not_share_memory_with_the_signal():
    signal = np.zeros((8, 1))
    windows.cut(signal, 4, 2)[0, 0, 0] = 1
    assert not signal.any()


@pytest.mark.parametrize(("hz", "to"), [(50, 20), (20, 50), (100, 30)])
def test_resampling_keeps_a_slow_sine_and_removes_a_fast_one(hz, to):
    seconds = np.arange(10 * hz) / hz
    slow = np.sin(2 * np.pi * 1.5 * seconds)[:, None]
    got = windows.resample(slow, hz, to)[:, 0]
    expected = np.sin(2 * np.pi * 1.5 * np.arange(len(got)) / to)
    assert abs(len(got) - 10 * to) <= 1
    middle = slice(to, -to)
    np.testing.assert_allclose(got[middle], expected[middle], atol=0.02)
    if to < hz:
        fast = np.sin(2 * np.pi * 0.48 * hz * seconds)[:, None]  # above half the new rate
        assert np.abs(windows.resample(fast, hz, to)[middle]).max() < 0.1


def test_irregular_samples_of_a_line_stay_on_the_line():
    times = np.sort(np.random.default_rng(0).uniform(0, 10, 80))
    got = windows.regular(np.stack([2 * times, 1 - times], axis=1), times, hz=25)
    grid = times[0] + np.arange(len(got)) / 25
    np.testing.assert_allclose(got, np.stack([2 * grid, 1 - grid], axis=1), atol=1e-4)


def test_times_that_go_back_are_named():
    with pytest.raises(LucioleError, match="row 2"):
        windows.regular(np.zeros((3, 1)), np.array([0.0, 1.0, 0.5]), hz=1)


def test_gaps_at_the_ends_and_long_ones_stay():
    signal = np.array([np.nan, 1, np.nan, 3, np.nan, np.nan, 6, np.nan])[:, None]
    filled, missing = windows.fill(signal, longest=1)
    np.testing.assert_array_equal(filled[:, 0], [np.nan, 1, 2, 3, np.nan, np.nan, 6, np.nan])
    assert missing == 5


def test_normalisation_uses_only_what_it_was_fitted_on():
    rng = np.random.default_rng(0)
    train, other = rng.normal(3, 2, (50, 2, 9)), rng.normal(-7, 5, (20, 2, 9))
    fitted = windows.Normalisation.fit(train)
    expected = (other - train.mean(axis=(0, 2))[None, :, None]) / train.std(axis=(0, 2))[None, :, None]
    np.testing.assert_allclose(fitted(other), expected, rtol=1e-5)
    assert abs(fitted(other).mean()) > 1  # what it was not fitted on is not centred


def test_a_dead_channel_stays_finite():
    train = np.zeros((4, 2, 5))
    train[:, 0] = np.random.default_rng(0).normal(size=(4, 5))
    assert np.isfinite(windows.Normalisation.fit(train)(train)).all()


@given(length=st.integers(1, 40), factor=st.integers(1, 8))
def test_coarsen_averages_neighbours(length, factor):
    X = np.arange(length, dtype=float)[None, None]
    if factor > length:
        with pytest.raises(LucioleError, match="factor"):
            windows.coarsen(X, factor)
        return
    expected = [X[0, 0, at : at + factor].mean() for at in range(0, length - factor + 1, factor)]
    np.testing.assert_allclose(windows.coarsen(X, factor)[0, 0], expected)
