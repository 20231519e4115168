"""Paths pruned and cells grown, on invented worths whose answers are known."""

import numpy as np

from luciole.report import sparsity_nas as nas
from luciole.spaces import nb201


def test_the_paths_that_are_left_are_those_of_the_largest_importance():
    kind = "har201/wisdm, DARTS, rate 0.025, decay 0.0003: "
    alpha, gradients = np.zeros((2, 1, 6, 5)), np.zeros((2, 1, 6, 5))
    without, cells = np.ones((2, 1, 6, 5)), np.zeros((2, 1, 6), int)
    gradients[-1, 0, :, 2], gradients[-1, 0, :, 3] = -1.0, 0.8  # the modulus counts
    alpha[-1, 0, 5, 3] = 2.0  # here the gate outweighs it
    without[-1, 0, :, 4] = 0.5
    held = {kind + name: one for name, one in (("alpha", alpha), ("gradients", gradients), ("without", without))}
    found = nas.pruned(held | {kind + "cells": cells}, "DARTS")
    assert found["pruned by gate times gradient"].tolist() == [[2, 2, 2, 2, 2, 3]]
    assert found["pruned by accuracy without"].tolist() == [[4] * 6]
    assert found["named by the method"].tolist() == [[0] * 6]


def test_growth_climbs_by_gain_or_by_gain_per_multiplication_and_never_shrinks():
    cells = nb201.all_cells()
    macs = (cells == 3).sum(axis=1) * 9.0 + (cells == 2).sum(axis=1)
    worth = (cells == 3).sum(axis=1) * 3.0 + (cells == 2).sum(axis=1) * 2.0
    path, looked = nas.grown(worth, macs, per_mac=False)
    assert cells[path[-1]].tolist() == [3] * 6 and len(path) == 7 and looked > len(path)
    cheap, _ = nas.grown(worth, macs, per_mac=True)
    assert cells[cheap[6]].tolist() == [2] * 6  # each gains two for one, before any of them gains one for eight
    assert (np.diff(macs[path]) >= 0).all() and (np.diff(worth[cheap]) > 0).all()
    unknown = np.where((cells == 3).any(axis=1), np.nan, worth)
    assert cells[nas.grown(unknown, macs, per_mac=False)[0][-1]].tolist() == [2] * 6
