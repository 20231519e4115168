"""Images are moved and mirrored as said, in training only, and alike from the same seed."""

import pytest
import torch
from torch import nn

from luciole.errors import LucioleError
from luciole.training.image_variation import Varied

X = torch.randn(64, 2, 6, 5, generator=torch.Generator().manual_seed(0))


def varied(shift, mirrored, seed=0):
    return Varied(nn.Identity(), shift, mirrored, torch.Generator().manual_seed(seed))


def moved(image, down, right):
    """The image with zeros where nothing came from, written out."""
    out = torch.zeros_like(image)
    _, height, width = image.shape
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                out[:, row, column] = image[:, row - down, column - right]
    return out


@pytest.mark.parametrize("mirrored", [False, True])
def test_every_image_is_one_of_its_allowed_variations_and_all_kinds_occur(mirrored):
    seen = set()
    for image, after in zip(X, varied(1, mirrored).train()(X), strict=True):
        allowed = {
            (down, right, turned): moved(image, down, right).flip(2) if turned else moved(image, down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            for turned in ((False, True) if mirrored else (False,))
        }
        kinds = [kind for kind, expected in allowed.items() if torch.equal(after, expected)]
        assert len(kinds) == 1
        seen.update(kinds)
    assert {down for down, _, _ in seen} == {right for _, right, _ in seen} == {-1, 0, 1}
    assert {turned for _, _, turned in seen} == ({False, True} if mirrored else {False})


def test_the_same_seed_varies_alike_and_another_does_not():
    first, again, other = (varied(2, True, seed).train()(X) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_network_that_is_judged_sees_the_images_as_they_are():
    assert torch.equal(varied(2, True).eval()(X), X)
    assert torch.equal(varied(0, False).train()(X), X)


def test_a_negative_shift_is_refused():
    with pytest.raises(LucioleError, match="got -1"):
        varied(-1, True)
