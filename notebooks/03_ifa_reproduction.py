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
# # The improved firefly algorithm, reproduced
#
# ## Overview
#
# * what a search space is, and how many cells NAS-Bench-201 holds {cite:p}`mokhtari2022ifa`;
#
# ## Prerequisites
#
# [The state of the art](01_state_of_the_art.ipynb).

# %% tags=["parameters"]
seed = 0  # seeds every random draw of the chapter
draws = 2000  # cells drawn at random

# %%
import matplotlib.pyplot as plt
import numpy as np

from luciole import figures, ledger

figures.use_style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## A space of cells
#
# A cell has six edges and an edge one of five operations. How many operations of a random cell are `none`?

# %%
nones = (rng.integers(0, 5, size=(draws, 6)) == 0).sum(axis=1)
fig, ax = plt.subplots()
ax.bar(np.arange(7), np.bincount(nones, minlength=7) / draws)
ax.set(xlabel="edges without an operation", ylabel="share of the draws (1)")
figures.show(
    fig,
    "nones-firefly",
    alt="Bar chart: most random cells have one or two of their six edges without an operation.",
    caption="Edges without an operation among random cells.",
)

# %%
figures.glue("mean_nones_firefly", nones.mean(), ".2f")

# %% [markdown]
# {numref}`nones-firefly` shows a mean of {glue:text}`mean_nones_firefly` edges (expected: 6/5).
#
# ## Summary
#
# The space is small enough to be enumerated.
#
# ## What is next
#
# Training-free scores compared.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
