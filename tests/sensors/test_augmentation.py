"""Varied windows: what each variation keeps, and what it changes."""

import numpy as np
import pytest
import torch

from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.sensors.augmentation import Augmentation, paced, rotations, triples

PLAIN = Normalisation(np.zeros(6, np.float32), np.ones(6, np.float32))


def windows(n=32, channels=6, length=40):
    return torch.randn(n, channels, length, generator=torch.Generator().manual_seed(0))


def varied(axes=((0, 1, 2), (3, 4, 5)), normalisation=PLAIN, seed=1, **strengths):
    return Augmentation(**strengths).of(normalisation, axes)(windows(), torch.Generator().manual_seed(seed))


def test_nothing_asked_is_normalisation_alone():
    rng = np.random.default_rng(0)
    constants = Normalisation(rng.normal(size=6).astype(np.float32), rng.uniform(1, 2, size=6).astype(np.float32))
    expected = constants(windows().numpy())
    torch.testing.assert_close(varied(normalisation=constants), torch.from_numpy(expected), rtol=1e-5, atol=1e-5)


def test_rotation_turns_every_triple_alike_and_keeps_lengths():
    turned = varied(rotation=30.0)
    for first in (0, 3):
        torch.testing.assert_close(
            turned[:, first : first + 3].norm(dim=1), windows()[:, first : first + 3].norm(dim=1)
        )
    before, after = windows(), turned
    inner = (before[:, :3] * before[:, 3:]).sum(1)
    torch.testing.assert_close((after[:, :3] * after[:, 3:]).sum(1), inner, rtol=1e-4, atol=1e-4)
    assert (after - before).abs().max() > 0.1
    only = varied(axes=((0, 1, 2),), rotation=30.0)
    assert torch.equal(only[:, 3:], before[:, 3:])


def test_rotations_are_rotations_of_the_angle_asked_for():
    turn = rotations(10.0, 4000, torch.Generator().manual_seed(0))
    assert torch.allclose(torch.linalg.det(turn), torch.ones(4000), atol=1e-4)
    angle = torch.rad2deg(torch.arccos(((turn.diagonal(dim1=1, dim2=2).sum(1) - 1) / 2).clamp(-1, 1)))
    assert abs(float(angle.square().mean().sqrt()) - 10 * 3**0.5) < 0.5


@pytest.mark.parametrize("pace", [0.5, 0.9, 1.0, 1.3, 2.5])
def test_pace_reads_a_wave_faster_and_mirrors_the_ends(pace):
    time = np.arange(64)
    wave = torch.from_numpy(time * 1.0)[None, None]
    read = paced(wave.float(), torch.tensor([pace]))[0, 0].numpy()
    at = (time - 31.5) * pace + 31.5
    period = np.abs(((at + 63) % 126) - 63)
    np.testing.assert_allclose(read, period, atol=1e-3)


def test_scale_keeps_the_level_and_the_same_seed_gives_the_same_windows():
    scaled = varied(scale=0.3)
    torch.testing.assert_close(scaled.mean(dim=2), windows().mean(dim=2), rtol=1e-4, atol=1e-5)
    everything = {"rotation": 5.0, "speed": 0.1, "scale": 0.1, "jitter": 0.1}
    assert torch.equal(varied(**everything), varied(**everything))
    assert not torch.equal(varied(**everything), varied(seed=2, **everything))


def test_triples_need_three_axes_of_one_sensor():
    assert triples(["x", "y", "z"]) == ((0, 1, 2),)
    assert triples(["acc_x", "gyro_y", "gyro_z"]) == ()
    assert triples(["hr", "ax", "ay", "az"]) == ((1, 2, 3),)


def test_bad_strength():
    with pytest.raises(LucioleError, match="jitter of at least 0, got -1"):
        Augmentation(jitter=-1)
