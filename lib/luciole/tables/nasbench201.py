"""NAS-Bench-201 as columns: 15,625 cells in the official order, from the first source that has them.

1. the prepared file in the folder ``LUCIOLE_DATA`` (its README describes every array), or the one that was
   prepared earlier in ``data/cache``;
2. the public originals, in ``raw/`` of that folder or downloaded at pinned commits, prepared here: the same
   columns as far as the originals hold them (:mod:`luciole.tables.originals` says which);
3. for the main table, the replica (:mod:`luciole.tables.replica`): another training of the same cells.

``table.source`` says which one it was, in the same words at every call.

Sources: Dong and Yang, "NAS-Bench-201", ICLR 2020; Dong et al., "NATS-Bench", TPAMI 2021; Li et al.,
"HW-NAS-Bench", ICLR 2021; Krishnakumar et al., "NAS-Bench-Suite-Zero", NeurIPS 2022.
"""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.spaces import nb201 as space
from luciole.tables import manifest, originals, prepared, replica, sources
from luciole.tables.table import Column, Role, Table

log = logging.getLogger("luciole")

ROLES = {
    "valid": Role("c10_val12", "CIFAR-10 validation accuracy after 12 epochs (%)"),
    "test": Role("c10_test200", "CIFAR-10 test accuracy after 200 epochs (%), mean over the benchmark's seeds"),
    "cost_seconds": Role(
        "c10_cost12_s",
        "seconds of training 12 epochs, as the benchmark measured them; validation, 2.8 to 4.1 % more, is not in it",
    ),
}


def nb201() -> Table:
    """Open the main table: accuracies, cost, parameters and MACs of every cell.

    >>> table = nb201()
    >>> len(table), table["ops"].shape
    (15625, (15625, 6))
    >>> bool(table.at([3, 3, 4, 1, 3, 1], "c10_params") == table["c10_params"][1])
    True
    """
    try:
        return _original("nb201", ROLES)
    except NoSource as reason:
        if not files.offline():
            log.warning("%s; the replica serves instead", reason)
        return nb201_replica()


def nb201_hw() -> Table:
    """Open the hardware table, latency (ms) and energy (mJ) on six devices; LucioleError when no source has it."""
    return _original("nb201_hw", {})


def nb201_zcp() -> Table:
    """Open the table of published training-free scores; LucioleError when no source has it.

    9,445 cells have most of them, the rest is NaN.
    """
    return _original("nb201_zcp", {})


def nb201_replica() -> Table:
    """Open the replica, whatever other sources there are: see :mod:`luciole.tables.replica`."""
    path = files.cache() / "nb201_replica.npz"
    data, version = replica.data_file()
    if not prepared.finished(path):
        computed = {name: column() for name, column in originals.derived().items()}
        estimate = {"c10_cost12_estimate_s": replica.estimated_cost(space.all_cells())}
        prepared.write(path, computed | dict(replica.columns(data)) | estimate)
    columns, digest = prepared.read(path, space.SIZE)
    source = (
        f"the replica of package {replica.PACKAGE} {version}: an independent training on CIFAR-10, not the original"
    )
    return _table("nb201", columns, source, replica.ROLES, digest)


class Agreement(NamedTuple):
    """How the replica's CIFAR-10 test accuracy follows the original's, cell by cell."""

    cells: int
    spearman: float
    kendall: float
    difference: float  # mean of replica minus original, percentage points
    spearman_top: float  # Spearman over the original's best 10 %, where searches end


def replica_agreement() -> Agreement:
    """Measure how the replica agrees with the original table; LucioleError when only the replica is here."""
    from scipy import stats

    original = nb201()
    if "c10_test200" not in original:
        raise LucioleError(f"expected the original table to compare with, got {original.source}; set LUCIOLE_DATA")
    ours, theirs = original["c10_test200"], nb201_replica()["c10_replica_test"]
    top = ours >= np.quantile(ours, 0.9)
    return Agreement(
        cells=len(ours),
        spearman=float(stats.spearmanr(ours, theirs).statistic),
        kendall=float(stats.kendalltau(ours, theirs).statistic),
        difference=float(np.mean(theirs.astype(np.float64) - ours)),
        spearman_top=float(stats.spearmanr(ours[top], theirs[top]).statistic),
    )


class NoSource(LucioleError):
    """No source has the table: not in a folder, not in the cache, and no download."""


def to_download() -> int:
    """Bytes of the originals that opening all three tables would download here; 0 where a source is at hand."""
    folder, kept = files.data_folder(), files.cache() / "originals"
    places = {
        place
        for name, needed in originals.NEEDS.items()
        if not prepared.finished(files.cache() / f"{name}.npz") and not (folder and (folder / f"{name}.npz").exists())
        for place in needed
        if not (kept / place).exists() and not (folder and (folder / "raw" / place).exists())
    }
    return sum(manifest.original(place).size for place in places)


def _original(name: str, roles: Mapping[str, Role]) -> Table:
    file = f"{name}.npz"
    folder = files.data_folder()
    if folder is not None and (folder / file).exists():
        columns, digest = prepared.read(folder / file, space.SIZE)
        whose = "" if digest == manifest.PREPARED[file] else ", not the documented one but vouched for beside it"
        return _table(name, columns, f"prepared file {file} (SHA-256 {digest[:16]}{whose})", roles, digest)
    kept = files.cache() / file
    if not prepared.finished(kept):
        places = originals.NEEDS[name]
        found = sources.local(places)
        if found is None:
            try:
                found = sources.download(places)
            except LucioleError as error:
                raise NoSource(f"{name}: put {file} into a folder and name it in LUCIOLE_DATA; {error}") from error
        prepared.write(kept, originals.prepare(name, found))
    columns, digest = prepared.read(kept, space.SIZE)
    repositories = sorted({manifest.original(place).repository for place in originals.NEEDS[name]})
    source = f"public originals at pinned commits ({', '.join(repositories)}), prepared by this library"
    return _table(name, columns, source, roles, digest)


def _table(
    name: str,
    columns: Mapping[str, Callable[[], NDArray]],
    source: str,
    roles: Mapping[str, Role],
    digest: str,
) -> Table:
    if "ops" in columns and not np.array_equal(columns["ops"](), space.all_cells()):
        raise LucioleError(f"expected the cells of table {name} in the official order, got another; source: {source}")
    held: Mapping[str, Column] = columns
    return Table(name, held, source=source, index=space.index, roles=roles, sha256=digest)
