"""The chapter on streams: what was heard live is what windows give, and committed counts reach the prose."""

import numpy as np
import pytest

from luciole import results
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.report import streams
from luciole.sensors.study import Study


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    y = np.tile(np.repeat([0, 1], 6), 6)
    X = rng.normal(size=(72, 2, 20)) + 3.0 * y[:, None, None]
    return Study(Dataset("toy", X, y, ("low", "high"), ("a", "b"), hz=10.0, subject=np.repeat(np.arange(6), 12)), 10**6)


def test_a_listener_that_knows_the_classes_hears_every_event(study):
    def level(windows):
        return np.stack([1.5 - windows.mean((1, 2)), windows.mean((1, 2)) - 1.5], axis=1)

    events, played, minutes = streams.play(study, level, hop=0.5)
    people = len(np.unique(study.dataset.subject[study.split.test]))
    assert events["events"].tolist() == [people, people]
    assert events["deleted"].sum() == events["inserted"].sum() == 0
    assert len(played) == people
    assert minutes == pytest.approx(sum(len(labels) for labels, _ in played) / 600)


def test_an_answer_that_hangs_on_what_was_heard_before_is_refused(study):
    rng = np.random.default_rng(1)

    def fickle(windows):
        turn = rng.integers(2)
        return np.tile([1 - turn, turn], (len(windows), 1))

    with pytest.raises(LucioleError, match="answered otherwise than windows cut beforehand"):
        streams.play(study, fickle, hop=0.3)


def test_the_prose_counts_what_the_committed_results_hold():
    heard, videos = (results.read(name, part=True) for name in ("har/online", "skeletons/online"))
    said = streams.hapt_numbers(heard)
    short = heard.frame[heard.frame["class"].str.contains("_TO_")]
    assert len(short) == 6
    assert (int(said["app_hapt_events"]), int(said["app_hapt_missed"])) == (
        short["events"].sum(),
        short["deleted"].sum(),
    )
    shown = streams.arms(videos)
    assert int(streams.video_numbers(videos)["online_inserted"]) == shown.loc["found by the search", "inserted"]
    assert (
        streams.readable(heard.frame).loc["WALKING", "events"]
        == heard.frame.set_index("class").loc["WALKING", "events"]
    )
