"""Curves on images: networks of equal size, images as said, a training that comes out again."""

import numpy as np
import pytest
import torch

from luciole.costs import counts
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.images import curves
from luciole.experiments.images.curves import Training


@pytest.fixture
def few(monkeypatch):
    """A hundred noisy images of ten classes in place of each data set."""
    rng = np.random.default_rng(0)
    y = np.arange(520) % 10
    images = rng.normal(size=(520, 1, 28, 28)).astype(np.float32)
    images[np.arange(520), 0, y, :] += 4
    part = (images, y)
    monkeypatch.setattr(curves, "parts", lambda name: Parts(part, part, part, Normalisation.fit(images)))


def test_networks_said_to_be_of_equal_size_are():
    def macs(name):
        made = curves.network(name, curves.width_of(name), torch.Generator().manual_seed(0))
        return counts.count(made, (1, 28, 28)).macs

    sizes = [macs(name) for name in curves.EQUAL]
    assert max(sizes) / min(sizes) < 1.25


def test_a_run_cut_short_has_all_of_the_shorter_lengths():
    every = curves.trainings()
    assert len(set(every)) == len(every) == 2 * 4 * 3 * len(curves.LENGTHS)
    assert [one.length for one in every] == sorted(one.length for one in every)


def test_a_training_comes_out_again_and_sees_as_many_images_as_it_says(few):
    one = Training("mnist", "LeNet-5", 0.5, 0)
    told = curves.shard(one)
    assert told["images"] == 2 * 128  # whole batches of half the images
    assert told["test"] == curves.shard(one)["test"]
    assert curves.shard(Training("mnist", "LeNet-5", 4.0, 0))["images"] == 4 * 4 * 128
    table = curves.frame({0: told})
    assert table["joules"].iloc[0] == pytest.approx(4 * table["seconds"].iloc[0])


def test_a_data_set_that_is_not_here_is_named(monkeypatch, tmp_path):
    def absent(name):
        raise LucioleError(f"no {name} here")

    monkeypatch.setattr(curves.datasets, "load", absent)
    with pytest.raises(LucioleError, match="no mnist here"):
        curves.run()
