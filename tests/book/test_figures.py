"""Figures: what a reader who sees little, or no colours, is owed."""

import io
import itertools

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
import pytest

from luciole.book import figures
from luciole.errors import LucioleError

WORDS = {"alt": "Two bars, of which the left one is taller.", "caption": "Bars."}


@pytest.fixture
def drawn():
    figures.use_style()
    fig, ax = plt.subplots()
    ax.bar([0, 1], [2, 1])
    ax.set(xlabel="epochs", ylabel="accuracy (%)")
    yield fig, ax
    plt.close("all")


def test_a_figure_is_shown_once_with_its_words_and_closed(drawn, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: shown.append((data, options)))
    figures.show(drawn[0], "two-bars", **WORDS)
    ((data, options),) = shown
    assert options["metadata"]["luciole"] == {"name": "two-bars", **WORDS}
    assert data["text/plain"] == WORDS["alt"]
    image = plt.imread(io.BytesIO(data["image/png"]))
    assert image.shape[1] == round(figures.WIDTH * figures.DOTS)
    assert not plt.get_fignums()


@pytest.mark.parametrize("name", ["Two bars", "two_bars", "", "two--bars"])
def test_a_name_that_cannot_be_referred_to_is_refused(drawn, name):
    with pytest.raises(LucioleError, match="hyphens"):
        figures.show(drawn[0], name, **WORDS)


@pytest.mark.parametrize("words", [{"alt": "bars"}, {"alt": ""}, {"caption": ""}])
def test_missing_words_are_refused(drawn, words):
    with pytest.raises(LucioleError, match="alternative text"):
        figures.show(drawn[0], "two-bars", **(WORDS | words))


def test_an_axis_without_a_label_is_refused(drawn):
    drawn[1].set_ylabel("")
    with pytest.raises(LucioleError, match="y axis of panel 1 has no label"):
        figures.show(drawn[0], "two-bars", **WORDS)


def test_axes_that_need_no_label(drawn):
    fig, ax = drawn
    ax.set_xlabel("")
    ax.set_xticks([0, 1], ["random search", "firefly"])
    assert figures.unlabelled(fig) == []
    ax.set_axis_off()
    ax.set_ylabel("")
    assert figures.unlabelled(fig) == []
    shared, panels = plt.subplots(1, 2, sharey=True)
    for panel in panels:
        panel.plot([1, 2])
        panel.set_xlabel("epochs")
    panels[0].set_ylabel("accuracy (%)")
    assert figures.unlabelled(shared) == []


def test_texts_that_lie_over_each_other_are_refused(drawn):
    fig, ax = drawn
    assert figures.overlapping(fig) == []
    ax.text(0.5, 1, "above the bars")
    ax.set_xticks([0, 0.02], ["random search", "firefly"])
    assert figures.overlapping(fig) == [("random search", "firefly")]
    with pytest.raises(LucioleError, match="'random search' and 'firefly' lie over each other"):
        figures.show(fig, "two-bars", **WORDS)


def test_a_text_that_is_not_drawn_lies_over_nothing(drawn):
    fig, ax = drawn
    ax.text(0.5, 1, "seen")
    ax.text(0.5, 1, "hidden").set_visible(False)
    ax.set_xticks([0, 50], ["in sight", "far away"])
    ax.set_xlim(-1, 1)
    assert figures.overlapping(fig) == []
    ax.legend(ax.patches, ["left", "right"], loc="center")
    ax.text(0.5, 0.5, "over the legend", transform=ax.transAxes, ha="center")
    assert {pair[0] for pair in figures.overlapping(fig)} | {pair[1] for pair in figures.overlapping(fig)} >= {"left"}


def test_names_of_points_do_not_overlap_where_points_do(drawn):
    fig, ax = drawn
    figures.label_points(ax, [0.5] * 4, [1.0] * 4, ["one", "another", "a third", "the last"])
    assert figures.overlapping(fig) == []


def _seen_without_green(colour: str) -> np.ndarray:
    """Colour as a deuteranope sees it (Viénot, Brettel and Mollon 1999), in linear RGB."""
    rgb = np.asarray(matplotlib.colors.to_rgb(colour)) ** 2.2
    return np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]) @ rgb


def test_the_first_colours_stay_apart_for_colour_blind_readers():
    for one, other in itertools.combinations(figures.PALETTE[:7], 2):
        assert np.abs(_seen_without_green(one) - _seen_without_green(other)).max() > 0.05, (one, other)


def test_glued_numbers_are_formatted_once(monkeypatch):
    kept = {}
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: kept.update({name: value}))
    figures.glue("accuracy", 0.98765, ".2f")
    figures.glue("method", "random search")
    assert kept == {"accuracy": "0.99", "method": "random search"}
