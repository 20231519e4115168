"""The drawings and numbers of the chapter on skeletons: pictures of windows, networks by cost, what the prose says."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.book import figures
from luciole.costs.counts import count
from luciole.datasets import skeleton_images
from luciole.errors import LucioleError, extra
from luciole.experiments.skeletons import pipeline
from luciole.networks import small_cnn
from luciole.report import skeletons

with extra("book"):
    import matplotlib.pyplot as plt

FOUND = "found, 2.1"
RIVALS = {  # what the found cell is held against, and its name in the prose
    "random": "random cell, 2.1",
    "largest": "largest, 2.1",
    "small": "small CNN",
    "vgg": "VGG16, narrow",
    "deep": "found, 5.1",
    "lenet": "LeNet",
}
PRINTED_FACTORS = {
    "against trainings on a processor": "search_factor_cpu",
    "against trainings on a GPU": "search_factor_gpu",
    "energy, against trainings on a GPU": "search_factor_energy",
}
PRINTED_ROWS = {"VGG16": "vgg16", "IFA_2.1": "ifa21", "IFA_5.1": "ifa51"}
PRINTED_COLUMNS = {
    "accuracy (%)": "accuracy",
    "training cost": "training_cost",
    "BCR, training": "bcr_training_cost",
    "operations": "fpo",
    "BCR, operations": "bcr_fpo",
}
ACTIONS = ("walk", "pickUp", "waveHands", "clapHands")


def windows() -> None:
    """Show four windows of one person as STIE and ESTIE; one printed line where the recordings are not here."""
    try:
        plain, both = (pipeline.data(name) for name in ("STIE", "ESTIE"))
    except LucioleError as reason:
        print(f"No window is drawn here, the committed results stand: {reason}")
        return
    actions = [plain.class_names.index(name) for name in ACTIONS]
    fig, axes = plt.subplots(2, len(actions), figsize=(8, 4.6), sharex=True, layout="constrained", height_ratios=(1, 2))
    for column, action in zip(axes.T, actions, strict=True):
        picked = np.flatnonzero((plain.y == action) & (plain.subject == 1))[0]
        for ax, images, name in zip(column, (plain, both), ("STIE", "ESTIE"), strict=True):
            ax.imshow(images.X[picked].transpose(1, 2, 0), interpolation="nearest", aspect="auto")
            ax.set_ylabel(f"{name}: row" if ax.get_subplotspec().is_first_col() else "row")
        column[0].set_title(plain.class_names[action], fontsize=9)
        column[1].set_xlabel("frame of the window")
    figures.show(
        fig,
        "skeleton-images",
        alt="Windows of four actions of one person as small colour pictures, twenty rows of joints by forty frames, "
        "and below them the same with a second picture, white where a joint is still.",
        caption="Four windows of one subject as STIE (above) and ESTIE (below). Rows are joints from the left foot "
        "over the hands and the head to the right foot; a change along a row is movement.",
    )


def networks(table: pd.DataFrame) -> None:
    """Show accuracy against operations of the networks on STIE pictures, from :func:`skeletons.table`."""
    stie = table[table["encoding"] == "STIE"]
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.2))
    bars = stie["accuracy deviation"] / np.sqrt(len(pipeline.FOLDS))
    ax.errorbar(stie["FPO"], stie["accuracy"], yerr=bars, fmt="o", color=figures.PALETTE[0], capsize=3, linewidth=1)
    ax.set(xscale="log", xlabel="floating point operations of one window (2 MACs)", ylabel="test accuracy (%)")
    ax.set_xlim(stie["FPO"].min() / 1.5, 4 * stie["FPO"].max())
    figures.label_points(ax, list(1.03 * stie["FPO"]), list(stie["accuracy"]), list(stie["network"]))
    best = max(stie.to_dict("records"), key=lambda row: row["accuracy"])
    figures.show(
        fig,
        "skeleton-networks",
        alt=f"Test accuracy against operations for {len(stie)} networks on STIE pictures; the best is "
        f"{best['network']} at {best['accuracy']:.1f} per cent.",
        caption=f"Mean test accuracy over {len(pipeline.FOLDS)} folds of subjects against the operations of one "
        "inference; bars are one standard error over folds.",
    )


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """What a reader needs of :func:`skeletons.table`, headers in words: accuracy, macro-F1, size, cost, ratios."""
    return pd.DataFrame(
        {
            "network": table["network"] + table["encoding"].map({"STIE": "", "ESTIE": " (ESTIE)"}),
            "accuracy (%)": [
                f"{a:.1f} ± {d:.1f}" for a, d in zip(table["accuracy"], table["accuracy deviation"], strict=True)
            ],
            "macro-F1 (%)": table["macro-F1"].round(1),
            "weights, thousands": (table["parameters"] / 1e3).round(0),
            "million operations": (table["FPO"] / 1e6).round(1),
            "training, J (estimate)": table["training joules"].round(0),
            "ms a window": table["latency ms"],
        }
    ).set_index("network")


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """The benefit-cost ratios of :func:`skeletons.table`, by declared training cost and by operations."""
    told = table.set_index("network")[table["encoding"].eq("STIE").to_numpy()]
    columns = {
        "training cost": "training cost",
        "BCR tc": "BCR, training",
        "FPO": "operations",
        "BCR FPO": "BCR, operations",
    }
    return told[list(columns)].rename(columns=columns).map("{:.3g}".format)


def printed_networks() -> pd.DataFrame:
    """The same columns as printed in 2024, on other data, with VGG16 at its full width."""
    return pd.DataFrame(
        {
            name: {c: f"{published.figure(f'mokhtari2024oad/{row}_{key}'):.3g}" for c, key in PRINTED_COLUMNS.items()}
            for name, row in PRINTED_ROWS.items()
        }
    ).T


def factors(priced: pd.DataFrame) -> pd.DataFrame:
    """Printed factors of the search's cost beside ours, from :func:`skeletons.factors`."""
    factor = priced["factor"].to_dict()
    long, short = factor["100 epochs"], factor["the recipe of this study"]
    return pd.DataFrame(
        {
            "printed (OAD)": [f"{published.figure(f'mokhtari2024oad/{key}'):,.0f}" for key in PRINTED_FACTORS.values()],
            "here (UTKinect), 100 epochs": [f"{long:,.0f}", "no GPU", "no GPU"],
            "here, our recipe": [f"{short:,.0f}", "no GPU", "no GPU"],
        },
        index=list(PRINTED_FACTORS),
    )


def search_numbers(searched: pd.DataFrame, priced: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of the search's cost."""
    told = priced.to_dict("index")
    long, short = told["100 epochs"], told["the recipe of this study"]
    return {
        "visapp_delay": str(skeleton_images.FRAMES - skeleton_images.FRAMES // 2 - 1),
        "visapp_evaluations": f"{searched['evaluations'].mean():,.0f}",
        "visapp_cells": f"{searched['cells'].mean():.0f}",
        "visapp_seconds": f"{searched['seconds'].mean():.0f}",
        "visapp_forgetful": f"{searched['forgetful seconds'].mean() / 60:.0f}",
        "visapp_watts": f"{pipeline.WATTS:g}",
        "visapp_factor_long": f"{long['factor']:,.0f}",
        "visapp_factor_short": f"{short['factor']:,.0f}",
        "visapp_factor_remembered": f"{long['factor remembered']:,.0f}",
        "visapp_days": f"{long['days of search']:.0f}",
        "visapp_printed_cpu": f"{published.figure('mokhtari2024oad/search_factor_cpu'):,.0f}",
        "visapp_printed_minutes": f"{published.figure('mokhtari2024oad/search_seconds') / 60:.0f}",
    }


def network_numbers(trained: results.Result, table: pd.DataFrame, pairs: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of the networks; ``pairs`` is :func:`skeletons.against` the found cell."""
    by_name = {(row["network"], row["encoding"]): row for row in table.to_dict("records")}
    gaps = pairs.to_dict("index")
    found, tiny = by_name[FOUND, "STIE"], by_name["small CNN", "STIE"]
    whole = count(small_cnn.vgg16(1.0, 10), (3, 20, 40))  # not trained here: its size is enough
    printed = {name: published.figure(f"mokhtari2024oad/{name}_fpo") for name in ("vgg16", "ifa21")}
    numbers = {
        "visapp_majority": f"{100 * trained.frame.groupby('fold')['majority'].first().mean():.0f}",
        "visapp_found": f"{found['accuracy']:.1f}",
        "visapp_found_deviation": f"{found['accuracy deviation']:.1f}",
        "visapp_small": f"{tiny['accuracy']:.1f}",
        "visapp_small_share": f"{100 * tiny['FPO'] / found['FPO']:.0f}",
        "visapp_small_bcr": f"{tiny['BCR FPO'] / found['BCR FPO']:.1f}",
        "visapp_lenet_bcr": f"{by_name['LeNet', 'STIE']['BCR FPO'] / found['BCR FPO']:.0f}",
        "visapp_size_ratio": f"{whole.parameters / found['parameters']:.0f}",
        "visapp_size_printed": f"{published.figure('mokhtari2024oad/vgg16_factor_size'):.0f}",
        "visapp_fpo_ratio": f"{whole.fpo / found['FPO']:.0f}",
        "visapp_fpo_printed": f"{printed['vgg16'] / printed['ifa21']:.0f}",
        "visapp_steps": str(skeletons.SEEN // pipeline.RECIPE.batch),
        "visapp_vgg_joules": f"{by_name['VGG16, narrow', 'STIE']['training joules']:.0f}",
        "visapp_found_joules": f"{found['training joules']:.0f}",
        "visapp_small_joules": f"{tiny['training joules']:.0f}",
    }
    for name, network in RIVALS.items():
        numbers[f"visapp_gap_{name}"] = f"{gaps[network]['mean']:+.1f} ± {gaps[network]['error']:.1f}"
    for name in ("small CNN", "LeNet"):
        gain = by_name[name, "ESTIE"]["accuracy"] - by_name[name, "STIE"]["accuracy"]
        numbers[f"visapp_estie_{name.split()[0].lower()}"] = f"{gain:+.1f}"
    return numbers
