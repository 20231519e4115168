"""Maps of NAS-Bench-201 from the table at hand: every cell as a pixel, and accuracy by distance from the best cell."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.nb201 import search as bench
from luciole.search import Budget, landscape
from luciole.spaces import nb201
from luciole.tables.table import Table

with extra("book"):
    import matplotlib.pyplot as plt

RANK = np.array([0, 2, 3, 4, 1])  # place of none, skip, 1x1, 3x3, pool on the axes of the map


@dataclass(frozen=True)
class Ground:
    """The landscape that a table's test accuracy makes of the space, a step being a change of one edge."""

    table: Table

    @cached_property
    def test(self) -> NDArray[np.float64]:
        """Test accuracy (%) of all cells, (15625,)."""
        return self.table.role("test").astype(float)

    @cached_property
    def near(self) -> NDArray[np.int64]:
        """Official indices of the neighbours of each cell."""
        return landscape.neighbours(nb201.all_cells(), nb201.ARITY, nb201.index)

    @cached_property
    def optima(self) -> NDArray[np.bool_]:
        """Which cells are local optima."""
        return landscape.local_optima(self.test, self.near)

    def numbers(self) -> dict[str, str]:
        """Numbers of the sentences about the landscape, as text by name."""
        summit = landscape.summits(self.test, self.near)
        rings = landscape.by_distance(self.test, nb201.all_cells(), int(self.test.argmax()))
        return {
            "source": self.table.source,
            "space_mean": f"{self.test.mean():.2f}",
            "space_best": f"{self.test.max():.2f}",
            "local_optima": f"{int(self.optima.sum())}",
            "climb_share": f"{100 * (self.test[summit] == self.test.max()).mean():.0f}",
            "ring_one": f"{np.median(rings[1]):.2f}",
            "ring_six": f"{np.median(rings[6]):.2f}",
        }

    def show_map(self) -> None:
        """Show every cell as a pixel: its row the edges of nodes 1 and 2, its column those of the output."""
        digits = RANK[nb201.all_cells()]
        row, column = digits[:, :3] @ (25, 5, 1), digits[:, 3:] @ (25, 5, 1)
        picture = np.empty((125, 125))
        picture[row, column] = self.test
        best, optima = int(self.test.argmax()), self.optima
        fig, ax = plt.subplots(figsize=(figures.WIDTH, 5.4))
        shown = ax.imshow(picture, vmin=80, cmap="viridis", origin="lower")
        ax.scatter(column[optima], row[optima], s=14, color="white", ec="black", lw=0.6, label="local optimum")
        ax.scatter(column[best], row[best], s=120, marker="*", color=figures.PALETTE[3], ec="white", label="best cell")
        ax.set(xlabel="edges of the output (base-5 code)", ylabel="edges of nodes 1 and 2 (base-5 code)")
        ax.grid(False)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        fig.colorbar(shown, label="CIFAR-10 test accuracy (%)", extend="min")
        figures.show(
            fig,
            "space-map",
            alt="Map of all cells as pixels coloured by accuracy: self-similar squares, bright where 3x3 convolutions "
            "reach the output, dark where nothing does; the local optima are few and scattered.",
            caption="All cells of NAS-Bench-201, one pixel each; 80 % and below in one colour.",
        )

    def show_rings(self) -> None:
        """Show how accuracy spreads with the number of edges that differ from the best cell."""
        cells, best = nb201.all_cells(), int(self.test.argmax())
        fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.4))
        ax.boxplot(landscape.by_distance(self.test, cells, best)[1:], positions=range(1, 7), whis=(1, 99), widths=0.6,
                   showfliers=False, patch_artist=True, boxprops={"facecolor": "#cfe3f2"},
                   medianprops={"color": "black"})  # fmt: skip
        far = (cells != cells[best]).sum(axis=1)
        ax.scatter(far[self.optima], self.test[self.optima], color=figures.PALETTE[3], s=26, zorder=3,
                   label="local optima")  # fmt: skip
        ax.set(xlabel="edges that differ from the best cell", ylabel="CIFAR-10 test accuracy (%)", ylim=(70, 95.5))
        ax.legend(loc="lower left")
        figures.show(
            fig,
            "rings",
            alt="Box plots of accuracy by edit distance from the best cell: medians fall slowly and the spread grows "
            "with distance; local optima lie at several distances, near the top of their box.",
            caption="Accuracy by edit distance from the best cell (boxes: quartiles; whiskers: 1 to 99 %).",
        )


def live(table: Table, searchers: list[str], runs: int, seconds: int, seed: int) -> pd.DataFrame:
    """Run some searchers on the table now: a row each, evaluations, accuracy they chose by and test accuracy (%)."""
    test, rows = table.role("test").astype(float), {}
    for searcher in searchers:
        done = [bench.play(searcher, seed + k, table, Budget(seconds=seconds)) for k in range(runs)]
        chosen = np.array([history.best_value for history in done])
        found = np.array([test[nb201.index(history.best)] for history in done])
        rows[searcher] = {
            "evaluations": f"{np.mean([len(history) for history in done]):.0f}",
            "simulated seconds": f"{np.mean([history.seconds[-1] for history in done]):,.0f}",
            "chosen by (%)": f"{chosen.mean():.2f} ± {chosen.std(ddof=1):.2f}",
            "test (%)": f"{found.mean():.2f} ± {found.std(ddof=1):.2f}",
        }
    return pd.DataFrame(rows).T
