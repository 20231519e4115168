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
# # Devices: what a network costs on a microcontroller
#
# ```{admonition} In short
# What does a network found for a wrist take there? Printed as C, the one of UCI HAR with
# {glue:text}`dev_macs` multiply-accumulates takes {glue:text}`dev_float_mac` instructions for each in floats on a
# Cortex-M4F, {glue:text}`dev_byte_mac` in 8 bits; in 8 bits {glue:text}`dev_flash` kB of flash and
# {glue:text}`dev_memory` kB of memory. A table of operators foretells instructions of other designs within
# {glue:text}`dev_m4_median` % in the median.
# ```
#
# Until here a network was deployed when ONNX Runtime ran it on a desk. This chapter prints it as C for a
# microcontroller, in 32-bit floats and in 8-bit integers, counts its flash, memory and instructions on an emulated
# Cortex-M, and asks what foretells them, and whether the best network is another one on another device.
#
# ## Overview
#
# After this chapter you can
#
# 1. print a trained sensor network as C or JavaScript, and say what stands in the file;
# 2. say what it takes on a Cortex-M4F and on a Cortex-M0+, and where 8 bits pay;
# 3. foretell instructions, flash and memory of a design that nobody compiled, and search under limits of them.
#
# ## Prerequisites
#
# [An efficient network for sensors](07_contest.ipynb), whose networks are printed here.

# %% tags=["parameters"]
model = "found, 53 k MACs"  # a network found for UCI HAR, printed below
rederived = 1  # random designs that are printed, compiled and emulated again, where the programs are installed
k = 10.0  # of merit: halving the wrong answers per right one is worth k times the cost
seed = 0  # of the designs that are drawn for that

# %%
import matplotlib.pyplot as plt
from IPython.display import display

from luciole import attestation, published, results
from luciole.book import figures, ledger
from luciole.devices.c import emit
from luciole.devices.foretell import Limits, foretell
from luciole.devices.lower import plan
from luciole.experiments.har import models
from luciole.report import devices, devices_beside, show

figures.use_style()
table, designs, candidates, arena = (
    results.read(f"devices/{name}", part=True) for name in ("networks", "designs", "candidates", "arena")
)
frame = table.frame

# %% tags=["remove-input"]
for result in (table, designs, candidates, arena):
    print("stale: " + ", ".join(result.stale) if result.stale else "current: " + result.provenance.function)
print("; ".join(table.provenance.parameters["tools"].values()))
show.keep(devices.numbers(frame, designs.frame) | devices_beside.numbers(arena.frame))

# %% [markdown]
# ## A trained network as C
#
# One plan says what is computed: normalisations folded into convolutions, ReLU, sums and pooling joined to what they
# follow, and a place in one block of memory for each tensor, shared by those that are never needed at once. Printers
# turn the plan into text. In 8 bits weights, scales and roundings are those of the ONNX file of chapter 7.

# %%
network, constants = models.trained("uci_har", model)
ours = plan(network, constants, length=128)
text = emit(ours, "gait")["gait.c"]
print(text[text.index("static void layers") : text.index("static void layers") + 1500], "…")

# %% tags=["remove-input"]
lines, macs = f"{len(text.splitlines()):,}", f"{ours.macs:,}"
show.keep({"dev_lines": lines, "dev_layers": f"{len(ours.layers)}", "dev_macs": macs})

# %% [markdown]
# {glue:text}`dev_layers` layers with {glue:text}`dev_macs` multiply-accumulates (MACs; those of the window's
# statistics are not among them) make {glue:text}`dev_lines` lines. `gait_step` takes a sample and answers every hop,
# `gait_window` takes a whole window; nothing is allocated, and two networks live in one program.
#
# ## What it takes
#
# The emulator gives each instruction the same time, so the figures are the same in every run. Instructions are no
# cycles: what flash and the floating point unit let a core wait for is not modelled.

# %% tags=["remove-input"]
show.folded(devices.networks(frame, "m4f").set_index("network"), "Every network on a Cortex-M4F")

# %% [markdown]
# The network of UCI HAR with the fewest MACs takes {glue:text}`dev_float_mac` instructions a MAC in floats and
# {glue:text}`dev_byte_mac` in 8 bits, though the core multiplies four bytes in two instructions: its layers are four
# channels wide, so that each output pays for its rounding after few products. Of {glue:text}`dev_pays_count` random
# designs {glue:text}`dev_pays` % take fewer instructions in 8 bits ({numref}`devices-eight`),
# {glue:text}`dev_less_flash` % less flash and
# {glue:text}`dev_less_memory` % less memory. The loops that one writes first take {glue:text}`dev_loops_least` to
# {glue:text}`dev_loops_most` times the instructions of the printed
# ones. The window's statistics are {glue:text}`dev_statistics` % of an answer of that network in floats. Without a
# floating point unit (Cortex-M0+) its layers take {glue:text}`dev_soft` times the instructions in floats, and
# {glue:text}`dev_soft_byte` times in 8 bits, where SMLAD is missing too.

# %% tags=["remove-input"]
pays = devices.eight_pays(designs.frame)
fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.4))
ax.scatter(pays["MACs an output"], pays["share"], s=18)
ax.axhline(1, color="black", linewidth=1)
ax.set(xscale="log", xlabel="multiply-accumulates of a convolution's output", ylabel="instructions, 8 bits / floats")
figures.show(
    fig,
    "devices-eight",
    alt="Instructions in 8 bits over those in floats against multiply-accumulates an output, one point a random "
    "design: the share falls as outputs take more products.",
    caption="Where 8 bits save instructions on a Cortex-M4F with SMLAD: below the line.",
)

# %% [markdown]
# ### Targets that were fixed before

# %% tags=["remove-input"]
outcome, beyond = devices.targets(frame, designs.frame), devices.verdicts(devices_beside.targets(arena.frame))
met = [*outcome[""], *beyond[""]]
show.keep({"dev_met": f"{met.count('met')}", "dev_targets": f"{len(met)}"})
show.table(outcome.set_index("target"))

# %% [markdown]
# With those of the next section {glue:text}`dev_met` of {glue:text}`dev_targets` are met. Where no other is named,
# the network is the one of UCI HAR with the fewest MACs. An hour of nine channels in headless Chromium takes
# {glue:text}`dev_hour` s of one core's processor time, the least of some rounds; by the clock
# {glue:text}`dev_hour_clock` s.
#
# ### The best classifier of WHAR Arena
#
# In chapter 7's contest 64 hidden units with a linear path beside them, both on all statistics of a window, recognise
# most. Energies in bands of frequency (a Fourier transform of 150 samples) and correlations of all pairs of channels
# are printed for it. The C in floats is within {glue:text}`dev_arena_apart` of ONNX Runtime on
# {glue:text}`dev_arena_windows` windows of the people tested, where 1e-4 was asked: its scores reach
# {glue:text}`dev_arena_largest`, and ONNX Runtime itself is {glue:text}`dev_arena_onnx` from the same network in 64
# bits; {glue:text}`dev_arena_same` % of windows have the same class. With the linear path as two units a class, its
# weights for nine channels take {glue:text}`dev_arena` of the {glue:text}`dev_limit` kB asked for in 8 bits, with code
# and scales {glue:text}`dev_arena_flash` kB: on UCI HAR 64 units do not keep that target, whatever the code. Of the
# classifiers below, {glue:text}`dev_arena_kept` keep it:

# %% tags=["remove-input"]
show.table(devices_beside.classifiers(arena.frame))
show.table(beyond.set_index("target"))

# %% [markdown]
# Statistics are {glue:text}`dev_arena_statistics` % of an answer in floats. Macro-F1 is of one group of people.
#
# ### Other routes
#
# One network of UCI HAR's shape, TinyTNAS's, through what else pip installs, run here (`benchmarks/routes.py`, versions
# in the table). A file that an interpreter reads needs that interpreter beside it. ExecuTorch and LiteRT bring PyTorch
# along and were not installed within five minutes so: here they share this one. emlearn, which has no convolution,
# refuses the network:

# %% tags=["remove-input"]
show.table(devices_beside.routes(), digits=0)

# %% [markdown]
# ### Time and energy: estimates
#
# Instructions, one a cycle at the stated clock (a lower bound), times the current a megahertz of the data sheets
# {cite:p}`stm32l412,stm32l072`, at 3 V; a coin cell of 225 mAh that does nothing else, at a window every 1.28 s.

# %%
devices.estimates(frame).style.hide(axis="index").format(precision=1, thousands=",")

# %% [markdown]
# ### Published beside measured
#
# TinyTNAS {cite:p}`saha2024tinytnas` states what its network takes in 8 bits on two boards. Ours are counts and
# estimates of another network on an emulated core: side by side, no ranking.

# %% tags=["remove-input"]
small = devices.one(frame, devices.SMALL, "uci_har", 8, "m4f")
tiny = {
    key: published.figure(f"saha2024tinytnas/uci_har_{key}") for key in ("esp32_ms", "nano33_ms", "memory", "flash")
}
print(f"TinyTNAS, printed: ESP32 {tiny['esp32_ms']:g} ms, Nano 33 BLE {tiny['nano33_ms']:g} ms, "
      f"{tiny['memory']:g} kB of memory, {tiny['flash']:g} kB of flash")  # fmt: skip
at_64 = (small["layers"] + small["statistics"]) / 64e3
print(f"found here, 8 bits, emulated Cortex-M4F: {at_64:.1f} ms at 64 MHz (estimate), "
      f"{small['memory'] / 1024:.1f} kB of memory, {small['flash'] / 1024:.1f} kB of flash")  # fmt: skip

# %% [markdown]
# ## What foretells instructions
#
# As ProxylessNAS {cite:p}`cai2019proxylessnas` does with a phone's latency, a table of operators is fitted once, here
# to {glue:text}`dev_seen` of {glue:text}`dev_drawn` random designs, and judged on the {glue:text}`dev_held` others.

# %%
ordered = devices.correlations(designs.frame)
ordered.style.hide(axis="index").format(precision=3)

# %% [markdown]
# The columns are rank correlations with the layers' instructions: {glue:text}`dev_tau_macs` of MACs, and
# {glue:text}`dev_tau_merit` of the merit's cost, which counts starts, where nothing is started. On the designs held out
# the table is wrong by {glue:text}`dev_m4_median` % in the median on the Cortex-M4F ({glue:text}`dev_m4_largest` % at
# worst), by {glue:text}`dev_m0_median` % on the Cortex-M0+; MACs at one rate by {glue:text}`dev_m4_macs` and
# {glue:text}`dev_m0_macs` %. Limits for a search are then a line;
# `luciole design --flash 64k --ram 16k --instructions 1M` proposes only what keeps them, and its report says what was
# foretold and what was counted:

# %%
cost = foretell(ours, "m4f")
print(cost)
print(Limits(flash=64_000, ram=16_000, instructions=200_000).broken(cost) or "within every limit")

# %% [markdown]
# ## Designed for, and run on
#
# The designs that chapter 7's search trained for a short while have a validation accuracy each. Merit by the cost of
# a device chooses one for each: the desk's cost counts starts of operators, a microcontroller's is its instructions.

# %%
chosen, cross = devices.designed_for(candidates.frame, results.read("har/candidates", part=True).frame, k)
figures.glue("dev_different", chosen["genotype"].nunique())
display(chosen.style.hide(axis="index").format(precision=1, thousands=","))
cross.style.format(precision=3)

# %% [markdown]
# {glue:text}`dev_different` different design(s) for three devices (below: merit of each on each). One seed of a short
# training stands behind each accuracy, so small gaps of merit are no claims.
#
# ## Derived again, here

# %%
print(attestation.again("devices/designs", seed, rederived))

# %% [markdown]
# ## What we could not do, and why
#
# Nothing was measured on a chip: no board is at hand, so milliseconds and joules are estimates, and the emulator knows
# no cycles. Other routes are set beside ours by bytes alone, for what pip installs of them has no build for the core
# that is emulated. There are no loops in 8 bits that one writes first, so 8 bits stand beside none.
#
# ## Summary
#
# * A plan of the network, printed as C, takes {glue:text}`dev_float_mac` instructions a MAC in floats.
# * In 8 bits {glue:text}`dev_less_flash` % of the random designs take less flash, {glue:text}`dev_less_memory` % less
#   memory, {glue:text}`dev_pays` % fewer instructions.
# * MACs order designs with a rank correlation of {glue:text}`dev_tau_macs`; a table of operators foretells their
#   instructions within {glue:text}`dev_m4_median` % in the median.
# * The window's statistics are {glue:text}`dev_statistics` % of an answer, in floats, of UCI HAR's network with the
#   fewest MACs.
#
# ## Exercises
#
# **1.** Print the network found under a million MACs and compare its instructions a MAC.
#
# <details class="fold"><summary>Answer</summary>
#
# It is in the table above, in the column of instructions a MAC: wide layers pay for rounding less often.
#
# </details>
#
# **2.** Why can a design of fewer MACs take more instructions?
#
# <details class="fold"><summary>Answer</summary>
#
# Each output pays for its loop, its bias and its rounding once: many narrow outputs pay more often than few wide ones.
#
# </details>
#
# **3.** Which of flash and memory does a longer window cost?
#
# <details class="fold"><summary>Answer</summary>
#
# Memory: the ring buffer and the maps grow with time. Weights of convolutions do not, those of a dense layer would.
#
# </details>
#
# ## What is next
#
# [Try it](../try_it.md) runs the same plan in your browser, printed as JavaScript.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
