"""What the chapter on streams shows: committed recordings heard sample by sample, and a stream played live.

Reads ``har/online`` (twelve classes of HAPT) and ``skeletons/online`` (actions in continuous videos).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import published, results
from luciole.book import figures
from luciole.datasets import hapt
from luciole.datasets.skeleton_streams import BACKGROUND
from luciole.errors import LucioleError, extra
from luciole.sensors.recogniser import BLOCK, Classifier, Recogniser
from luciole.sensors.replay import judge, offline, replay
from luciole.sensors.study import FOUND, Contest, Study, streams

with extra("book"):
    import matplotlib.pyplot as plt

COUNTED = ("events", "recognised", "deleted", "fragmented", "merged", "inserted")
ARMS = {"found": "found by the search", "random": "random design", "MLP": "multilayer perceptron"}


def hapt_numbers(heard: results.Result) -> Mapping[str, str]:
    """What the prose says of HAPT's recordings; joules are an estimate."""
    told = heard.provenance.parameters
    transitions = heard.frame[heard.frame["class"].str.contains("_TO_")]
    return {
        "app_hapt_f1": f"{100 * told['macro_f1']:.1f}",
        "app_hapt_six": f"{100 * told['macro_f1_activities']:.1f}",
        "app_hapt_transitions": f"{100 * told['macro_f1_transitions']:.1f}",
        "app_hapt_windows": f"{100 * told['windows_macro_f1']:.1f}",
        "app_hapt_cnn": f"{published.figure('whararena2026/hapt_cnn'):.1f}",
        "app_hapt_joules": f"{told['joules_an_hour']:.0f}",
        "app_hapt_hold": str(told["hold"]),
        "app_hapt_later": f"{told['hold'] * told['hop'] / hapt.HZ:.1f}",
        "app_hapt_hours": f"{told['hours']:.1f}",
        "app_hapt_times": f"{3600 * told['hours'] / told['recognition_seconds']:,.0f}",
        "app_hapt_events": str(int(transitions["events"].sum())),
        "app_hapt_missed": str(int(transitions["deleted"].sum())),
    }


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a class, headers in words: F1, and what became of its events; delays in seconds (or frames)."""
    shown = frame.set_index("class")
    return pd.DataFrame(
        {
            "F1 of samples (%)": (100 * shown["f1"]).round(1),
            **{name: shown[name].astype(int) for name in COUNTED if name != "merged"},
            "median delay": shown["delay"].round(1),
        }
    )


def by_class(frame: pd.DataFrame) -> None:
    """Show F1 of samples and what became of the events of each of HAPT's classes."""
    shown = frame.iloc[::-1]
    fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 4.4), sharey=True, width_ratios=(1, 1.2))
    names = [name.replace("_", " ").lower() for name in shown["class"]]
    left.barh(names, 100 * shown["f1"], color=figures.PALETTE[0])
    left.set(xlabel="F1 of samples (%)", xlim=(0, 100))
    left.tick_params(axis="y", labelsize=9)
    begun = np.zeros(len(shown))
    for name, colour in (("recognised", figures.PALETTE[0]), ("deleted", figures.PALETTE[1]), ("inserted", "0.6")):
        right.barh(names, shown[name], left=begun, color=colour, label=name)
        begun += shown[name].to_numpy()
    right.set(xlabel="events")
    right.legend(fontsize=8.5, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    worst = min(shown.to_dict("records"), key=lambda row: row["f1"])
    figures.show(
        fig,
        "stream-classes",
        alt=f"Bars of twelve classes: F1 of samples, from {100 * shown['f1'].min():.0f} to "
        f"{100 * shown['f1'].max():.0f} per cent, lowest {worst['class'].replace('_', ' ').lower()}; and events "
        "recognised, deleted and inserted.",
        caption="HAPT, continuous recordings of people never trained on. Left: samples. Right: what became of the "
        "events; *inserted* ones were reported and were not there.",
    )


def listener(contest: Contest) -> Classifier:
    """The network found by a contest, as something that hears windows in physical units."""
    return lambda windows: contest.learner.answers(contest.networks[FOUND], windows)


def play(study: Study, classifier: Classifier, hop: float) -> tuple[pd.DataFrame, list[tuple[NDArray, NDArray]], float]:
    """Hear each test person's windows end to end: events by class, (labels, heard) of each person, minutes heard.

    Raises LucioleError where the shortest recording, pushed sample by sample, is answered otherwise than windows cut
    beforehand; the others are pushed in blocks, which are answered several times as fast.
    """
    data = study.dataset
    rate = data.hz or 1.0
    step = max(1, min(data.length, round(hop * rate)))
    recogniser = Recogniser(classifier, data.channels, data.length, step)
    worn = streams(data, study.split.test)
    shortest = min(len(signal) for signal, _ in worn)
    heard = []
    for signal, _ in worn:
        compared = len(signal) == shortest
        heard.append(replay(recogniser, signal, 1 if compared else BLOCK))
        if compared and (heard[-1] != offline(recogniser, signal)).any():
            raise LucioleError("the stream was answered otherwise than windows cut beforehand")
    events = judge([labels for _, labels in worn], heard, data.class_names, rate, hold=step)
    minutes = sum(len(signal) for signal, _ in worn) / rate / 60
    return events, [(labels, said) for (_, labels), said in zip(worn, heard, strict=True)], minutes


def drawn(labels: NDArray, said: NDArray, class_names: Sequence[str], hz: float) -> None:
    """Show what was labelled and what was recognised over time, for one person."""
    seconds = np.arange(len(labels)) / hz
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.2))
    ax.step(seconds, labels, where="post", lw=4, alpha=0.35, label="labelled")
    ax.step(seconds, np.where(said >= 0, said, np.nan), where="post", lw=1.2, label="recognised")
    ax.set(xlabel="time (s)", yticks=range(len(class_names)))
    ax.set_yticklabels(class_names, fontsize=8.5)
    ax.legend(fontsize=8.5, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figures.show(
        fig,
        "app-stream",
        alt="Two step curves over time, the labelled class and the recognised class of one test person.",
        caption="One test person, all windows end to end: what was labelled and what was recognised.",
    )


def arms(videos: results.Result) -> pd.DataFrame:
    """Continuous videos of skeletons: a row a way to get a network."""
    told = pd.DataFrame(videos.provenance.parameters["arms"]).set_index("arm")
    by_fold = pd.DataFrame(told["macro_f1_folds"].tolist(), index=told.index)
    actions = videos.frame[videos.frame["class"] != BACKGROUND]
    happened = actions.groupby("arm", sort=False)[list(COUNTED)].sum().astype(int)
    shown = pd.DataFrame(
        {
            "macro-F1, all classes (%)": 100 * told["macro_f1"],
            "± folds": 100 * by_fold.std(axis=1, ddof=1),
            "macro-F1, actions (%)": 100 * told["macro_f1_actions"],
            "thousand MACs": told["macs"].map(np.mean) / 1e3,
            "µs a frame": 1e6 * told["hearing_seconds"] / told["frames"],
        }
    ).join(happened[["events", "inserted"]])
    return shown.rename(index=ARMS)


def video_numbers(videos: results.Result) -> Mapping[str, str]:
    """What the prose says of the videos."""
    settled = videos.provenance.parameters
    told = {arm["arm"]: arm for arm in settled["arms"]}
    found = videos.frame[(videos.frame["arm"] == "found") & (videos.frame["class"] != BACKGROUND)]
    gap = 100 * np.subtract(*(told[arm]["macro_f1_folds"] for arm in ("found", "random")))
    mine = told["found"]
    return {
        "online_limit": f"{settled['limit']:,}",
        "online_frames": f"{mine['frames']:,}",
        "online_background": f"{100 * settled['background']:.0f}",
        "online_f1": f"{100 * mine['macro_f1_actions']:.1f}",
        "online_random": f"{100 * told['random']['macro_f1_actions']:.1f}",
        "online_gap": f"{gap.mean():+.1f} ± {gap.std(ddof=1) / np.sqrt(len(gap)):.1f}",
        "online_events": f"{found['events'].sum():.0f}",
        "online_inserted": f"{found['inserted'].sum():.0f}",
        "online_deleted": f"{found['deleted'].sum():.0f}",
        "online_delay": f"{found['delay'].median():.0f}",
        "online_us": f"{1e6 * mine['hearing_seconds'] / mine['frames']:.0f}",
    }
