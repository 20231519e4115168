"""What the drawings of people and of masks show is what the library does."""

from types import SimpleNamespace

import matplotlib.style
import numpy as np
import pytest
import torch

from luciole.book import figures
from luciole.report import people_drawing, sparsity_drawing
from luciole.sparsity.joint import Joint
from luciole.sparsity.masks import Masks


def test_split_by_person_nobody_is_in_two_parts_and_by_window_most_are():
    by_window, by_person = people_drawing.parts()
    assert {len(np.unique(row)) for row in by_person} == {1}
    assert np.mean([len(np.unique(row)) > 1 for row in by_window]) > 0.5
    assert (np.bincount(by_window.ravel()) == np.bincount(by_person.ravel())).all()
    assert set(by_person.ravel()) == {0, 1, 2}


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_drawn_event_prunes_as_the_dynamics_do(share):
    generator = torch.Generator().manual_seed(1)
    worth, present = torch.rand(8, 8, generator=generator), torch.rand(8, 8, generator=generator) < 0.3
    told = sparsity_drawing.event(worth, present, final=16, share=share)
    run = SimpleNamespace(masks=Masks({"weight": present}))
    grown = Masks({"weight": present | told.joining})
    kept = Joint(sparsity=0.75).prune(run, grown, {"weight": worth}, share)["weight"]
    assert torch.equal(told.after, kept)
    best = worth >= worth.flatten().sort(descending=True).values[15]
    assert torch.equal(told.joining, best & ~present)


def test_the_mask_that_is_shown_grows_and_shrinks():
    told = sparsity_drawing.drawn()
    assert told.joining.any() and told.leaving.any() and not (told.joining & told.leaving).any()
    assert told.present.sum() < (told.present | told.joining).sum() > told.after.sum()


@pytest.mark.parametrize("draw", [people_drawing.split, lambda: sparsity_drawing.mask(sparsity_drawing.drawn())])
def test_a_drawing_has_its_labels_and_no_text_over_another(draw):
    with matplotlib.style.context(figures.STYLE):
        fig = draw()
    assert figures.unlabelled(fig) == [] and figures.overlapping(fig) == []
    fig.savefig("/dev/null", format="png")
