"""The course of a design: what is proposed, trained and compared while the minutes last.

1. Linear classifiers of the window's statistics are fitted, for they take a moment.
2. Designs are proposed without training (:mod:`luciole.design.candidates`) and climb the ladder of trainings
   (:mod:`luciole.design.ladder`), on every bench for itself, until what is left is needed for the rest: the final
   training of what is best by then, a share of all minutes for the contest, and the writing.
3. What the validation people of a bench like best is trained on all that it does not test: the final training.
4. Rivals are trained, and final trainings repeated with other seeds, as time allows (:mod:`luciole.design.contest`).

Everything is a piece on disk. The ladder's order does not depend on the minutes: more of them go on where fewer end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from luciole.datasets.dataset import Dataset
from luciole.design import ladder, linear
from luciole.design.clock import Clock, words
from luciole.design.parts import Parts
from luciole.design.pieces import Crew, Store
from luciole.design.settings import Settings
from luciole.design.tasks import Task
from luciole.networks import har1d as networks
from luciole.sensors.search import tell as in_words
from luciole.spaces import Rows

CONTEST = 0.15  # of the minutes, kept for rivals; the final trainings may take some of it
WRITING = 0.1  # of the minutes, kept for the files, and no more seconds than
WRITING_SECONDS = 15.0
ABREAST = 4  # trainings that are decided on at once, over all benches
QUIET = 10.0  # seconds between two lines of progress
UNKNOWN = 0.004  # seconds a step, before any was measured


@dataclass(frozen=True)
class Choice:
    """What a bench delivers: a design and how long it trains, or a linear classifier."""

    model: str  # of linear.KINDS, or "" for a design that was searched
    genes: tuple[int, ...]
    steps: int
    accuracy: float  # where designs are chosen
    macs: int

    @property
    def name(self) -> str:
        return f"{self.model} on statistics" if self.model else in_words(np.array(self.genes, dtype=np.int8))


@dataclass(frozen=True)
class Tried:
    """One training of a design that was chosen among."""

    bench: int
    genes: tuple[int, ...]
    model: str
    steps: int
    accuracy: float
    macs: int
    seconds: float


@dataclass
class Course:
    """One run: its data, its pieces, its minutes."""

    dataset: Dataset
    parts: Parts
    limit: int
    settings: Settings
    store: Store
    crew: Crew
    clock: Clock
    tell: Callable[[str], None]
    designs: list[Rows] = field(default_factory=list)
    measured: list[dict[ladder.Place, float]] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    trained: int = 0  # designs, for a short while, since the command began
    _batches: int = 0
    exhausted: bool = False  # every design under the limit was proposed and trained
    _told: float = float("-inf")

    def run(self) -> None:
        """Do everything that the minutes allow, and at least one short and one final training on every bench."""
        self.measured = [{} for _ in self.parts.benches]
        self._linear()
        self._climb()
        self.clock.note(laddered=max(self.clock.laddered, self.settings.minutes))
        self.do([self.final(bench, self.choice(bench), 0) for bench in range(len(self.measured))], "final training")

    # --- choosing ---

    def _linear(self) -> None:
        """Linear classifiers, where the limit and the number of classes let them be delivered."""
        if not linear.holds(self.dataset.classes):
            return
        genes = tuple(linear.genotype(self.dataset.classes).tolist())
        if self.macs(genes) > self.limit:
            return
        tasks = [Task("linear", bench, kind) for bench in range(len(self.measured)) for kind in linear.KINDS]
        self.do(tasks, "linear classifiers")
        for task in tasks:
            if (piece := self.store.get(task)) is not None and "failed" not in piece:
                numbers = float(piece["accuracy"]), self.macs(genes), float(piece["seconds"])
                self.tried.append(Tried(task.bench, genes, task.model, 0, *numbers))

    def _climb(self) -> None:
        """Train designs on the ladder until the rest of the time is needed, or all that there are have been trained."""
        over = self.clock.laddered >= self.settings.minutes
        first = True
        while tasks := list(self._wave()):
            lacking = [task for task, _ in tasks if self.store.get(task) is None]
            late = not first and (over or not self._fits([self._estimate(task) for task in lacking], tasks))
            if lacking and not late:
                self.do([task for task, _ in tasks], "short trainings", kept=not first)
            for task, place in tasks:
                if (piece := self.store.get(task)) is not None:
                    self.measured[task.bench][place] = float(piece["accuracy"])
                    numbers = float(piece["accuracy"]), self.macs(task.genes), float(piece["seconds"])
                    self.tried.append(Tried(task.bench, task.genes, "", task.steps, *numbers))
            if any(self.store.get(task) is None for task, _ in tasks):
                return
            first = False

    def _wave(self) -> Iterator[tuple[Task, ladder.Place]]:
        """The next trainings on every bench: task, and which design on which rung."""
        each = max(1, ABREAST // len(self.measured))
        for bench, measured in enumerate(self.measured):
            for design, rung in ladder.following(measured, each):
                if self._proposed(design):
                    genes = tuple(int(gene) for gene in self.designs[design])
                    steps = ladder.steps(rung, self.settings.steps)
                    yield Task("short", bench, "", genes, steps, self.settings.seed), (design, rung)

    def _proposed(self, design: int) -> bool:
        """Whether there is such a design; proposes another batch where it is the next one."""
        known = {row.tobytes() for row in self.designs}
        while design >= len(self.designs) and not self.exhausted:
            task = Task("propose", seed=self._batches, limit=self.limit, scored=self.settings.scored)
            self.do([task], "search without training", kept=False)
            piece = self.store.get(task)
            assert piece is not None
            self._batches += 1
            self.exhausted = not len(piece["rows"])
            self.designs += [row for row in piece["rows"] if row.tobytes() not in known]
        return design < len(self.designs)

    def choice(self, bench: int) -> Choice:
        """What the validation people of a bench like best; of equals, what costs least."""
        cost = {design: float(self.macs(tuple(row.tolist()))) for design, row in enumerate(self.designs)}
        measured = self.measured[bench]
        design, rung = ladder.best(measured, cost)
        genes = tuple(int(gene) for gene in self.designs[design])
        steps = ladder.steps(rung, self.settings.steps)
        found = Choice("", genes, steps, measured[design, rung], self.macs(genes))
        plain = [
            Choice(one.model, one.genes, 0, one.accuracy, one.macs)
            for one in self.tried
            if one.bench == bench and one.model
        ]
        return max([found, *plain], key=lambda one: (one.accuracy, -one.macs))

    def macs(self, genes: tuple[int, ...]) -> int:
        """Multiply-accumulates of a design on these windows."""
        data = self.dataset
        return int(networks.counts(np.array(genes), data.channels, data.classes, data.length)[1][0])

    # --- final trainings ---

    def final(self, bench: int, choice: Choice, seed: int) -> Task:
        """The final training of a choice."""
        drawn = self.settings.seed + (0 if choice.model else seed)  # a linear classifier draws nothing
        return Task("final", bench, choice.model, choice.genes, choice.steps, drawn)

    @property
    def testing(self) -> list[int]:
        """Benches that test somebody."""
        return [number for number, bench in enumerate(self.parts.benches) if len(bench.test)]

    def finals(self, seed: int) -> list[Task]:
        """The final trainings of one seed on all benches that test somebody."""
        return [self.final(bench, self.choice(bench), seed) for bench in self.testing]

    # --- time ---

    @property
    def abreast(self) -> int:
        """How many trainings of different benches are at work at once."""
        return min(self.settings.workers, max(1, len(self.testing)))

    @property
    def writing(self) -> float:
        """Seconds kept for the files."""
        return min(WRITING_SECONDS, WRITING * self.clock.total)

    @property
    def spare(self) -> float:
        """Seconds that are left, but for the writing."""
        return self.clock.left - self.writing

    def _pace(self, genes: tuple[int, ...]) -> float:
        """Seconds of a step of a design, by its own trainings, else by those of the others."""
        mine = [one.seconds / one.steps for one in self.tried if one.genes == genes and one.steps]
        others = [one.seconds / one.steps for one in self.tried if one.steps]
        return float(np.median(mine or others or [UNKNOWN]))

    def _estimate(self, task: Task) -> float:
        return task.steps * self._pace(task.genes)

    def _fits(self, costs: list[float], wave: list[tuple[Task, ladder.Place]]) -> bool:
        """Whether a wave leaves time for rivals and final trainings as now, or for finals as long as its longest."""
        longest = max(self._estimate(task) for task, _ in wave)
        chosen = [self.choice(bench) for bench in range(len(self.measured))]
        abreast = min(self.settings.workers, len(chosen) * ABREAST)
        known = sum(one.steps * self._pace(one.genes) for one in chosen) / abreast + CONTEST * self.clock.total
        return self.spare > sum(costs) / abreast + max(len(chosen) * longest / abreast, known)

    def do(
        self,
        tasks: list[Task],
        what: str,
        begin: Callable[[Task], bool] = lambda task: True,
        kept: bool = False,
    ) -> None:
        """Do tasks, keeping the account of time; ``kept``: begin none for which no time is left beside the rest."""

        def allowed(task: Task) -> bool:
            return begin(task) and (not kept or self.spare > CONTEST * self.clock.total)

        for task in self.crew.do(tasks, allowed):
            self.trained += task.kind == "short"
            self.clock.note()
            if self.clock.spent - self._told > QUIET:
                self._told = self.clock.spent
                best = [max(one.values()) for one in self.measured if one]
                seen = f", best so far {100 * float(np.mean(best)):.1f} % where designs are chosen" if best else ""
                self.tell(f"{words(self.clock.left):>6} left  {what}: {self.trained} short trainings{seen}")
