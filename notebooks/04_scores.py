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
# # Training-free scores compared
#
# ## Overview
#
# ## Prerequisites

# %% tags=["parameters"]
seed = 0  # seeds every random draw of the chapter

# %%
from luciole import ledger

# %% [markdown]
# ## Summary
#
# ## What is next
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
