"""Skeleton videos as streams: background is a class, lost frames repeat, windows are labelled by their end."""

import numpy as np
import pytest

from luciole.datasets.skeleton_streams import BACKGROUND, streams, windows
from luciole.datasets.skeletons import Video
from luciole.errors import LucioleError


def video(labels, lost=(), number=0):
    labels = np.array(labels)
    joints = np.random.default_rng(number).normal(size=(len(labels), 3, 3)).astype(np.float32)
    joints[list(lost)] = np.nan
    return Video(number // 2, number, joints, labels)


def test_a_lost_frame_repeats_the_last_one_seen_and_the_first_the_next():
    seen = video([0, 0, -1, 1, 1], lost=[0, 3])
    (stream,) = streams([seen], classes=2)
    relative = (seen.joints - seen.joints[:, :1]).reshape(5, 9)
    np.testing.assert_array_equal(stream.signal, relative[[1, 1, 2, 2, 4]])
    assert stream.labels.tolist() == [0, 0, 2, 1, 1]
    with pytest.raises(LucioleError, match="video 3: expected frames with all joints"):
        streams([video([0, 0], lost=[0, 1], number=3)], classes=2)


def test_a_window_is_labelled_by_the_frames_that_end_it_and_stays_in_its_video():
    recordings = streams([video([0] * 6 + [-1] * 4), video([1] * 7, number=1)], classes=2)
    data = windows(recordings, ("wave", "walk"), frames=4, hop=2)
    assert data.class_names == ("wave", "walk", BACKGROUND)
    assert data.y.tolist() == [0, 0, 2, 2, 1, 1]
    assert data.recording.tolist() == [0] * 4 + [1] * 2
    np.testing.assert_array_equal(data.X[1], recordings[0].signal[2:6].T)


def test_a_hop_beyond_the_window_is_refused():
    with pytest.raises(LucioleError, match="a hop of 1 to 4 frames, got 5"):
        windows(streams([video([0] * 9)], classes=1), ("wave",), frames=4, hop=5)
