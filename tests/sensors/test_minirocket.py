"""MiniRocket against sums written out tap by tap, and against what its paper says of kernels and dilations."""

import numpy as np
import pytest
import torch

from luciole.errors import LucioleError
from luciole.sensors import minirocket
from luciole.sensors.minirocket import TAPS, TWOS, MiniRocket


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(12, 3, 41)).astype(np.float32)


def test_kernels_are_all_84_and_add_up_to_nothing():
    weights = minirocket._weights(np.random.default_rng(0), channels=1)
    assert weights.shape == (84, TAPS)
    assert len({tuple(kernel) for kernel in weights.tolist()}) == 84
    assert (weights.sum(axis=1) == 0).all()
    assert {*np.unique(weights)} == {-1.0, 2.0}
    several = minirocket._weights(np.random.default_rng(0), channels=5).reshape(84, TAPS, 5)
    read = (several != 0).any(axis=1)
    assert ((several != 0).all(axis=1) == read).all()
    assert {*read.sum(axis=1)} == {1, 2, 3, 4, 5}


def test_dilations_reach_as_far_as_the_window_and_all_features_are_given_out():
    for length, each in ((41, 10), (150, 24), (150, 119), (9, 3)):
        told = minirocket.dilations(length, each)
        assert sum(count for _, count in told) == each
        assert told[0][0] == 1
        assert all((TAPS - 1) * dilation <= length - 1 for dilation, _ in told)
    assert (TAPS - 1) * 2 * minirocket.dilations(150, 119)[-1][0] > 149


def test_a_feature_is_the_share_of_samples_above_its_threshold(X):
    rocket = MiniRocket.fit(X, features=84 * 4, seed=1)
    told = rocket(X)
    at = 0
    for number, (dilation, weights, thresholds) in enumerate(rocket.parts):
        kernels = weights.numpy().reshape(84, TAPS, 3)
        reach = 4 * dilation
        padded = np.pad(X, ((0, 0), (0, 0), (reach, reach)))
        for odd in (0, 1):
            for column in range(thresholds.shape[1]):
                for kernel in (one for one in range(84) if (number + one) % 2 == odd):
                    values = sum(
                        kernels[kernel, tap, channel] * padded[:, channel, tap * dilation : tap * dilation + 41]
                        for tap in range(TAPS)
                        for channel in range(3)
                    )
                    seen = values[:, reach : 41 - reach] if odd else values
                    expected = (seen > float(thresholds[kernel, column])).mean(axis=1)
                    np.testing.assert_allclose(told[:, at], expected, atol=1.5 / seen.shape[1])
                    at += 1
    assert at == told.shape[1] == 84 * 4


def test_thresholds_are_quantiles_of_convolutions_of_windows_learnt_from(X):
    _, weights, thresholds = MiniRocket.fit(X, features=84, seed=1).parts[0]
    values = minirocket._convolved(torch.from_numpy(X), weights, 1)
    assert all(values[:, kernel].min() <= thresholds[kernel, 0] <= values[:, kernel].max() for kernel in range(84))
    share = np.mean([(values[:, kernel] < thresholds[kernel, 0]).float().mean() for kernel in range(84)])
    assert 0.35 < share < 0.65
    assert len(TWOS) == 84


def test_the_same_seed_draws_the_same_and_another_another(X):
    one, again, other = (MiniRocket.fit(X, features=168, seed=seed)(X) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_windows_that_cannot_be_read_are_refused(X):
    with pytest.raises(LucioleError, match="84 features or more and windows of 9 samples or more, got 83 and 41"):
        MiniRocket.fit(X, features=83)
    with pytest.raises(LucioleError, match="got 84 and 8"):
        MiniRocket.fit(X[:, :, :8], features=84)
    with pytest.raises(LucioleError, match=r"expected windows of shape \(n, 3, time\), got \(12, 2, 41\)"):
        MiniRocket.fit(X, features=84)(X[:, :2])


@pytest.mark.parametrize(("channels", "length"), [(9, 128), (3, 60), (1, 40)])
def test_with_the_draws_of_aeon_features_are_those_of_aeon(channels, length):
    """What differs is what is drawn, and a sample now and then that rounding puts on a threshold's other side."""
    convolution = pytest.importorskip("aeon.transformations.collection.convolution_based", reason="needs aeon")
    X = np.cumsum(np.random.default_rng(0).normal(size=(20, channels, length)), axis=2).astype(np.float32)
    theirs = convolution.MiniRocket(n_kernels=2016, random_state=0).fit(X)
    counts, read, dilations, each, biases = theirs.parameters
    assert minirocket.dilations(length, 24) == list(zip(dilations.tolist(), each.tolist(), strict=True))
    plain = np.full((84, TAPS), -1, dtype=np.float32)
    np.put_along_axis(plain, TWOS, 2, axis=1)
    drawn = np.zeros((len(counts), channels), dtype=np.float32)
    drawn[np.repeat(np.arange(len(counts)), counts), read] = 1
    parts, order = [], []
    for number, (dilation, own) in enumerate(zip(dilations, each, strict=True)):
        mine = drawn[84 * number : 84 * (number + 1)]
        weights = (plain[:, :, None] * mine[:, None, :]).reshape(84, -1)
        begin = 84 * int(each[:number].sum())
        thresholds = biases[begin : begin + 84 * own].astype(np.float32).reshape(84, own)
        parts.append((int(dilation), torch.from_numpy(weights), torch.from_numpy(thresholds)))
        sides = [[one for one in range(84) if (number + one) % 2 == odd] for odd in (0, 1)]
        order += [begin + kernel * own + column for side in sides for column in range(own) for kernel in side]
    told, expected = MiniRocket(channels, tuple(parts))(X), theirs.transform(X)[:, order]
    assert np.abs(told - expected).max() <= 1 / (length - (TAPS - 1) * int(dilations[-1])) + 1e-6
    assert (np.abs(told - expected) > 1e-6).mean() < 1e-4
