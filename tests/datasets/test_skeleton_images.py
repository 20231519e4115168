"""Skeletons as images: whole arrays against slow loops, orders, labels, and what keeps subjects apart."""

import numpy as np
import pytest

from luciole.datasets import skeleton_images as images
from luciole.datasets.skeletons import Video
from luciole.errors import LucioleError

NAMES_20 = ("hip centre", "spine", "shoulder centre", "head", "l shoulder", "l elbow", "l wrist", "l hand",
            "r shoulder", "r elbow", "r wrist", "r hand", "l hip", "l knee", "l ankle", "l foot",
            "r hip", "r knee", "r ankle", "r foot")  # fmt: skip


def some(n=3, frames=7, joints=20, seed=0):
    return np.random.default_rng(seed).normal(size=(n, frames, joints, 3)).astype(np.float32)


def slow_stie(window):
    frames, joints, _ = window.shape
    out = np.zeros((joints, frames, 3), dtype=np.uint8)
    for axis in range(3):
        low, high = window[:, :, axis].min(), window[:, :, axis].max()
        for row, joint in enumerate(images.FOOT_TO_FOOT[joints]):
            for frame in range(frames):
                out[row, frame, axis] = int(255 * ((window[frame, joint, axis] - low) / (high - low)))
    return out


def slow_energy(window):
    frames, joints, _ = window.shape
    energy = np.zeros((frames, joints))
    for joint in range(joints):
        for frame in range(frames):
            near = [other for other in (frame - 1, frame + 1) if 0 <= other < frames]
            energy[frame, joint] = np.mean(
                [np.linalg.norm(window[frame, joint] - window[other, joint]) for other in near]
            )
        energy[:, joint] -= energy[:, joint].min()
        energy[:, joint] /= energy[:, joint].max()
    return energy


def slow_estie(window, rho):
    plain, energy = slow_stie(window), slow_energy(window)
    bleached = np.zeros(plain.shape)
    for row, joint in enumerate(images.FOOT_TO_FOOT[window.shape[1]]):
        for frame in range(len(window)):
            weight = rho * energy[frame, joint] + 1 - rho
            bleached[row, frame] = plain[row, frame] * weight + (1 - weight) * 255
    return np.concatenate([bleached.astype(int), plain])


@pytest.mark.parametrize("joints", [20, 25])
def test_stie_is_the_slow_loop(joints):
    windows = some(joints=joints)
    np.testing.assert_array_equal(images.stie(windows), [slow_stie(window) for window in windows])


def test_motion_energy_is_the_slow_loop():
    windows = some().astype(np.float64)
    np.testing.assert_allclose(images.motion_energy(windows), [slow_energy(window) for window in windows], atol=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.4, 1.0])
def test_estie_is_the_slow_loop_up_to_rounding(rho):
    windows = some(seed=1).astype(np.float64)
    expected = np.array([slow_estie(window, rho) for window in windows])
    assert np.abs(images.estie(windows, rho).astype(int) - expected).max() <= 1  # a floor on the edge of two integers


def test_without_bleaching_estie_is_stie_twice():
    windows = some()
    np.testing.assert_array_equal(images.estie(windows, 0.0), np.tile(images.stie(windows), (1, 2, 1, 1)))


def test_the_still_are_white_and_a_constant_window_is_finite():
    still = np.ones((1, 5, 20, 3), dtype=np.float32)
    picture = images.estie(still)
    assert (picture[0, :20] == 255).all() and (picture[0, 20:] == 0).all()


def test_an_encoding_does_not_change_with_place_or_scale():
    windows = some().astype(np.float64)
    moved = 2.0 * windows + np.array([1.0, -2.0, 4.0])
    assert np.abs(images.stie(moved).astype(int) - images.stie(windows).astype(int)).max() <= 1


def test_orders_hold_every_joint_once_and_walk_from_foot_to_foot():
    for joints, order in images.FOOT_TO_FOOT.items():
        assert sorted(order) == list(range(joints))
    walk = [NAMES_20[joint] for joint in images.FOOT_TO_FOOT[20]]
    assert walk[:5] == ["l foot", "l ankle", "l knee", "l hip", "hip centre"]
    assert walk[10] == "head" and walk[-1] == "r foot" and walk.index("l hand") < walk.index("head")
    # the order of 20 is that of 25 without what the first camera does not see (its joint 20 is 2 there)
    lacking = {2, 3, 21, 22, 23, 24}
    assert [j for j in images.FOOT_TO_FOOT[20] if j not in (2, 3)] == [
        j for j in images.FOOT_TO_FOOT[25] if j not in lacking | {20}
    ]


def test_the_joints_of_utkinect_stand_where_their_names_say(data_folder):
    from luciole.datasets.skeletons import utkinect_videos

    height = np.concatenate([video.joints for video in utkinect_videos()])[:, :, 1].mean(axis=0)
    assert NAMES_20[int(height.argmax())] == "head"
    assert {NAMES_20[joint] for joint in height.argsort()[:2]} == {"l foot", "r foot"}


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        (np.zeros((1, 4, 21, 3)), "20 or 25 joints"),
        (np.zeros((4, 20, 3)), "expected windows"),
        (np.full((1, 4, 20, 3), np.nan), "missing joints"),
    ],
)
def test_bad_windows_are_named(windows, words):
    for encode in images.ENCODINGS.values():
        with pytest.raises(LucioleError, match=words):
            encode(windows)
    with pytest.raises(LucioleError, match="rho from 0 to 1"):
        images.estie(some(), rho=2.0)


def video(frames=60, subject=1, number=0, seed=0):
    rng = np.random.default_rng(seed)
    return Video(subject, number, rng.normal(size=(frames, 20, 3)).astype(np.float32), rng.integers(-1, 3, size=frames))


@pytest.mark.parametrize("hop", [1, 4])
def test_windows_are_those_of_a_slow_loop(hop):
    one = video()
    one.joints[30, 5] = np.nan
    cut, labels = images.windows(one, frames=10, hop=hop)
    expected = [
        (one.joints[start : start + 10], one.labels[start + 5])
        for start in range(0, 60 - 10 + 1, hop)
        if one.labels[start + 5] >= 0 and np.isfinite(one.joints[start : start + 10]).all()
    ]
    assert labels.tolist() == [label for _, label in expected]
    np.testing.assert_array_equal(cut, [piece for piece, _ in expected])


def test_a_video_shorter_than_a_window_gives_none():
    cut, labels = images.windows(video(frames=8), frames=10)
    assert cut.shape == (0, 10, 20, 3) and labels.shape == (0,)


def test_encoded_images_know_whose_they_are():
    videos = [video(subject=1, number=0), video(subject=2, number=1, seed=1), video(frames=10, subject=3, number=2)]
    data = images.encoded("ESTIE", 2, videos, ("a", "b", "c"))
    assert data.X.shape[1:] == (3, 40, 40) and 0 <= data.X.min() <= data.X.max() <= 1
    assert set(data.subject) == {1, 2} and (data.recording == data.subject - 1).all()
    with pytest.raises(LucioleError, match="STIE, ESTIE"):
        images.encoded("JPEG", 2, videos)


def test_names_of_actions_are_those_of_the_prepared_file(data_folder):
    with np.load(data_folder / "utkinect_action3d.npz") as file:
        assert tuple(file["class_names"]) == images.UTKINECT_ACTIONS
