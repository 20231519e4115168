# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     formats: ipynb,py:percent
#     notebook_metadata_filter: kernelspec,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Streams: a network that listens
#
# ```{admonition} In short
# Does a network that is right on windows cut beforehand still serve when it listens all day? **On what lasts, yes; on
# what is short, hardly.** On the continuous recordings behind UCI HAR its macro-F1 is {glue:text}`app_hapt_six` % over
# six activities and {glue:text}`app_hapt_transitions` % over six transitions of a few seconds. In continuous videos of
# skeletons it misses {glue:text}`online_deleted` of {glue:text}`online_events` actions and reports
# {glue:text}`online_inserted` that were not there, which no accuracy on windows shows. An hour of wear costs an
# estimated {glue:text}`app_hapt_joules` J.
# ```

# %% tags=["parameters", "hide-input"]
dataset = "seglearn"  # whose windows are played end to end: a name or a path, as in chapter 7
hz = 0.0  # samples a second of CSV files that have no column of times; 0 where they have one
epochs = 6  # that the network which listens is trained for, at least 1
hop = 0.64  # seconds from one decision on the stream to the next
seed = 0  # of the split and of every draw

# %% tags=["remove-input"]
from luciole import results
from luciole.book import figures, ledger
from luciole.report import show, streams

figures.use_style()
continuous, videos = results.read("har/online", part=True), results.read("skeletons/online", part=True)
show.keep(streams.hapt_numbers(continuous))
show.keep(streams.video_numbers(videos))
streams.by_class(continuous.frame)

# %% [markdown]
# ## Overview
#
# After this chapter you can
#
# 1. feed a network sample by sample, and get events with a beginning and an end;
# 2. judge events, where a share of right samples hides what is cut to pieces;
# 3. say what a delay is made of.
#
# ## Prerequisites
#
# [The contest](07_contest.ipynb), where the networks come from.
#
# ## A recogniser
#
# A recogniser holds the last window of samples and decides every *hop*. A decision is the class of the samples that end
# the window; the class changes when $h$ decisions in a row agree. With a window of $w$ samples, a hop of $s$ and a rate
# of $f$ samples a second, who is told of a change waits for the evidence and for the agreement:
#
# $$\text{delay} \approx \frac{\alpha w}{f} + \frac{h\,s}{f}, \qquad 0 < \alpha \le 1,$$
#
# first until enough of the window looks like the new class, then until $h$ decisions agree.
#
# In a dozen lines, on a signal whose level is the class:

# %%
import numpy as np

from luciole.sensors.recogniser import Recogniser
from luciole.sensors.replay import judge, replay


def level(windows):
    return np.stack([-windows.mean((1, 2)), windows.mean((1, 2))], axis=1)


truth = np.repeat([0, 1, 0, 1], [60, 40, 8, 60])
signal = np.where(truth, 1.0, -1.0)[:, None]
heard = replay(Recogniser(level, channels=1, length=16, hop=4, hold=2), signal)
judge([truth], [heard], ("rest", "walk"), hz=10.0)[["f1", "events", "recognised", "deleted", "delay"]].round(2)

# %% [markdown]
# The rest of eight samples, half a window, is only just heard: where four decisions must agree it is lost (exercise 1),
# and the share of right samples hardly suffers.
#
# ## Twelve classes, recorded without a pause
#
# The continuous recordings behind UCI HAR, with the transitions between postures {cite:p}`reyesortiz2016hapt`: the
# design found under the smallest limit, trained for these twelve classes, fed sample by sample to people never seen
# ({numref}`stream-classes`).

# %% tags=["remove-input"]
show.table(streams.readable(continuous.frame), digits=1)

# %% [markdown]
# Macro-F1 of samples over all twelve classes is {glue:text}`app_hapt_f1` %. The transitions last a few seconds, and
# accuracy would hide them: of {glue:text}`app_hapt_events` of them {glue:text}`app_hapt_missed` are missed altogether.
# {glue:text}`app_hapt_hold` decisions must agree before the class changes, as the validation people preferred. Delays
# are those of the labels, in seconds; a change is dated back to the first of the decisions that agree, so the wearer is
# told up to {glue:text}`app_hapt_later` s later than that. {glue:text}`app_hapt_hours` hours were recognised
# {glue:text}`app_hapt_times` times faster than they lasted. Sensors and radio are not in the joules.
#
# ## Skeletons, frame by frame
#
# The windows of [chapter 8](08_skeletons.ipynb) left out what is no action. In the continuous videos of UTKinect most
# frames are background ({glue:text}`online_background` %), so here it is a class, and a window is labelled by the
# frames that end it. In each of five folds of people a network of at most {glue:text}`online_limit` MACs is searched on
# untrained networks, trained, and played the test people's videos; beside it a random design under the same limit, and
# a multilayer perceptron. Look at how many events are inserted.

# %% tags=["remove-input"]
show.table(streams.arms(videos), digits=1)
found = videos.frame[videos.frame["arm"] == "found"].drop(columns="arm")
show.folded(streams.readable(found), "Every action: F1, its events, its median delay in frames", digits=1)

# %% [markdown]
# Over {glue:text}`online_frames` frames of people never trained on, macro-F1 over the ten actions is
# {glue:text}`online_f1` % (random design: {glue:text}`online_random` %). The difference of macro-F1 over all classes,
# mean and standard error over folds, is {glue:text}`online_gap` points, and less than twice the error is no finding.
# The median of the classes' median delays is {glue:text}`online_delay` frames; the camera kept no regular rate, so it
# is not given in seconds. A frame takes {glue:text}`online_us` µs.
#
# ## A demonstration: your windows, end to end
#
# The design of the recordings above, trained here on the windows of a data set (or of yours: the parameter `dataset`),
# then played each test person's windows end to end, what overlaps left out. The joints are artificial: a stand-in where
# there is no continuous recording. What is heard of the shortest must equal what windows cut beforehand give.

# %% tags=["hide-input"]
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.study import Study, load
from luciole.sensors.training import Settings
from luciole.training import Recipe

study = Study(load(dataset, hz or None), 10**9, Settings(Recipe(epochs=epochs), Augmentation(), averaging=0.99), seed)
contest = study.contest(tuple(continuous.provenance.parameters["genotype"]), [], epochs, [seed])
events, played, minutes = streams.play(study, streams.listener(contest), hop)
figures.glue("app_data", study.dataset.name)
figures.glue("app_stream_f1", 100 * events["f1"].mean(), ".0f")
figures.glue("app_stream_minutes", minutes, ".0f")
streams.drawn(*played[0], study.dataset.class_names, study.dataset.hz or 1.0)

# %% [markdown]
# On {glue:text}`app_data` ({numref}`app-stream`), {glue:text}`app_stream_minutes` minutes: macro-F1 of samples
# {glue:text}`app_stream_f1` %. A class may be recognised on most samples and still be cut to pieces; that is what the
# event counts of Ward et al. {cite:p}`ward2011` are for.

# %% tags=["remove-input"]
show.folded(
    streams.readable(events.rename_axis("class").reset_index()),
    "Every class: F1, its events, its median delay in seconds",
)

# %% [markdown]
# ## Published beside measured
#
# On HAPT's windows cut beforehand the same network has a macro-F1 of {glue:text}`app_hapt_windows` %; published, in ten
# folds over all people and with another window rule, {glue:text}`app_hapt_cnn` % {cite:p}`whararena2026`. No published
# figure for whole recordings under a protocol that we could follow was found.
#
# ## Summary
#
# * Events say what a share of right samples hides: deletions, insertions, pieces, delays.
# * What lasts a few seconds is the hard part: {glue:text}`app_hapt_transitions` % against {glue:text}`app_hapt_six` %.
# * With background as a class, {glue:text}`online_inserted` actions are reported that never happened; the search's
#   network and a random one of the same size cannot be told apart ({glue:text}`online_gap` points).
#
# ## Exercises
#
# **1.** What does a longer `hold` buy, and what does it cost? Foresee the delay of the toy above with a hold of 4.

# %% tags=["hide-cell"]
patient = replay(Recogniser(level, channels=1, length=16, hop=4, hold=4), signal)
print(judge([truth], [patient], ("rest", "walk"), hz=10.0)[["f1", "deleted", "inserted", "delay"]].round(2))

# %% [markdown]
# **2.** Which of the counts in the table would you show to a person who wears the watch?
#
# <details class="fold"><summary>Answer</summary>
#
# The inserted events: each one is an alarm about nothing. Missed ones come second, pieces hardly matter.
#
# </details>
#
# **3.** How short may a rest between two walks be, and still be heard? Foresee it from window, hop and hold.

# %% tags=["hide-cell"]
for samples in (4, 6, 8, 12, 16):
    signs = np.repeat([1.0, -1.0, 1.0], [60, samples, 60])[:, None]
    heard = replay(Recogniser(level, channels=1, length=16, hop=4, hold=2), signs)
    told = judge([(signs[:, 0] > 0).astype(int)], [heard], ("rest", "walk"), hz=10.0)
    print(f"{samples} samples of rest: {int(told['recognised'].iloc[0])} heard")

# %% [markdown]
# ## What is next
#
# [Devices](13_devices.ipynb) puts these networks on a microcontroller; [Try it](../try_it.md) plays a recording to one
# in this page.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
