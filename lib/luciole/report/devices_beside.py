"""What stands beside the printed networks: the classifier of WHAR Arena as C, other routes, an hour in a browser."""

import json

import pandas as pd

from luciole import files
from luciole.experiments.devices import arena
from luciole.report import titles
from luciole.report.devices import APART, FLASH, MEMORY, PER_MAC_BYTES, PER_MAC_FLOATS, Target

SET = "uci_har"  # whose classifier the targets are of


def classifiers(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a classifier of devices/arena on a Cortex-M4F: what it takes, what it is worth on the group tested."""
    whole, small = (frame[(frame["core"] == "m4f") & (frame["bits"] == bits)].reset_index() for bits in (32, 8))
    return pd.DataFrame(
        {
            "classifier": [f"{row.hidden} units, {titles.SENSORS[str(row.dataset)]}" for row in whole.itertuples()],
            "flash in 8 bits (kB)": small["flash"] / 1024,
            "memory in 8 bits (kB)": small["memory"] / 1024,
            "instructions a MAC, floats": whole["layers"] / whole["macs"],
            "instructions a MAC, 8 bits": small["layers"] / small["macs"],
            "statistics (thousand instructions)": whole["statistics"] / 1e3,
            "same class in 8 bits (%)": 100 * small["same"],
            "macro-F1 in 8 bits (%)": small["macro_f1"],
        }
    ).set_index("classifier")


def _best(frame: pd.DataFrame, bits: int) -> pd.Series:
    mine = frame[(frame["dataset"] == SET) & (frame["hidden"] == arena.HIDDEN[0])]
    return mine[(mine["core"] == "m4f") & (mine["bits"] == bits)].iloc[0]


def targets(frame: pd.DataFrame) -> list[Target]:
    """The targets of the classifier, and of the browser."""
    whole, small = _best(frame, 32), _best(frame, 8)
    shares = whole["layers"] / whole["macs"], small["layers"] / small["macs"]
    apart = frame.loc[frame["bits"] == 32, "apart"].max()
    hour = recorded("browser.processor")
    return [
        ("Arena's classifiers, floats against ONNX Runtime", f"within {APART:g}", f"{apart:.1e}", bool(apart <= APART)),
        ("Arena's classifier, flash in 8 bits", f"under {FLASH:,}", f"{small.flash:,.0f}", bool(small.flash < FLASH)),
        ("Arena's, memory in 8 bits", f"under {MEMORY:,}", f"{small.memory:,.0f}", bool(small.memory < MEMORY)),
        (
            "Arena's, instructions a MAC, floats and 8 bits",
            f"{PER_MAC_FLOATS:g} and {PER_MAC_BYTES:g}",
            f"{shares[0]:.2f} and {shares[1]:.2f}",
            bool(shares[0] <= PER_MAC_FLOATS and shares[1] <= PER_MAC_BYTES),
        ),
        ("an hour in a browser, processor seconds", hour["target"], f"{hour['measured']:.1f}", bool(hour["met"])),
    ]


def recorded(key: str) -> dict:
    """A row that a benchmark recorded."""
    kept: dict[str, dict] = json.loads((files.results() / "benchmarks.json").read_text(encoding="utf-8"))
    return kept[key]


def routes() -> pd.DataFrame:
    """Other routes to a microcontroller, as ``benchmarks/routes.py`` recorded them: ours and theirs in bytes."""
    kept: dict[str, dict] = json.loads((files.results() / "benchmarks.json").read_text(encoding="utf-8"))
    told = []
    for key, row in kept.items():
        if not key.startswith("routes."):
            continue
        if row["peer"] is None:
            told.append((row["what"], None, None))
        else:
            told.append((f"{row['peer_name']}: {row['what'].split(' of ')[0]}", row["peer"], row["measured"]))
    heads = ["route", "theirs (bytes)", "our C (bytes)"]
    return pd.DataFrame(told, columns=heads).set_index("route").astype(float)


def numbers(frame: pd.DataFrame) -> dict[str, str]:
    """What the prose says of all that."""
    small, whole, hour = _best(frame, 8), _best(frame, 32), recorded("browser.processor")
    mine, eights = frame[frame["bits"] == 32], frame[(frame["bits"] == 8) & (frame["core"] == "m4f")]
    return {
        "dev_arena": f"{small['parameters'] / 1024:.1f}",
        "dev_arena_flash": f"{small['flash'] / 1024:.1f}",
        "dev_limit": f"{FLASH / 1024:.0f}",
        "dev_arena_kept": f"{(eights['flash'] < FLASH).sum()} of {len(eights)}",
        "dev_arena_statistics": f"{100 * whole['statistics'] / (whole['statistics'] + whole['layers']):.0f}",
        "dev_arena_apart": f"{mine['apart'].max():.1e}",
        "dev_arena_onnx": f"{mine['onnx_apart'].max():.1e}",
        "dev_arena_same": f"{100 * mine['same'].min():.2f}",
        "dev_arena_largest": f"{mine['largest'].max():.0f}",
        "dev_arena_windows": f"{frame.drop_duplicates(['dataset'])['windows'].sum():,}",
        "dev_hour": f"{hour['measured']:.1f}",
        "dev_hour_clock": f"{recorded('browser.clock')['measured']:.1f}",
    }
