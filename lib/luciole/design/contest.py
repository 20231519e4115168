"""What the delivered network is held against, and with how many seeds: as much as the minutes that are left allow.

Cheap rivals come first, then two more seeds of the final trainings, then hand-made networks from small to large. A
network gets as many steps as what is delivered, or, where that would take more than half of what is left, as many as
find time; the leaderboard says how many. What finds none is named.
"""

from dataclasses import dataclass, field

from luciole.costs.counts import count
from luciole.datasets.dataset import Dataset
from luciole.design import ladder, linear, rivals
from luciole.design.course import Course
from luciole.design.tasks import PACED, Task, build
from luciole.networks.har_baselines import BASELINES

SEEDS = 5  # of the final trainings, at most
UNKNOWN = 0.05  # of all minutes: what must be left for a rival of which nothing was measured
LEAST = 0.02  # likewise, to measure how long a network's step takes
HALF = 0.5  # of what is left, at most, for one network
ALWAYS = ("majority", "logistic regression on features")  # cost next to nothing
LATE = "no time was left"


@dataclass
class Contest:
    """The rivals of a course whose final trainings are done."""

    course: Course
    absent: dict[str, str] = field(default_factory=dict)  # rival: why it was not tried
    steps: dict[str, int] = field(default_factory=dict)  # hand-made network: steps of its training

    @property
    def linear(self) -> tuple[str, ...]:
        """Linear classifiers on the window's statistics, where there are not too many classes for them."""
        return linear.KINDS if linear.holds(self.course.dataset.classes) else ()

    @property
    def names(self) -> list[str]:
        """All rivals, the cheap ones first."""
        first, second, *rest = rivals.ON_FEATURES
        return [first, second, *self.linear, *rest, *rivals.NETWORKS, *rivals.AEON]

    def tasks(self, name: str) -> list[Task]:
        """A rival's trainings on all benches that test somebody."""
        course = self.course
        if name in linear.KINDS:
            genes = tuple(linear.genotype(course.dataset.classes).tolist())
            return [Task("final", bench, name, genes, 0, course.settings.seed) for bench in course.testing]
        steps = self.steps.get(name, 0)
        return [Task("rival", bench, name, (), steps, course.settings.seed) for bench in course.testing]

    def hold(self) -> None:
        """Train rivals and further seeds."""
        first, second, *rest = rivals.ON_FEATURES
        small, middle, *large = rivals.NETWORKS
        order: list[str | int] = [first, second, *self.linear, *rest, 1, 2, small, middle, *rivals.AEON, *large, 3, 4]
        for entry in order:
            if isinstance(entry, int):
                self._seed(entry)
            elif not rivals.present(entry):
                self.absent[entry] = rivals.ABSENT
            elif entry in BASELINES:
                self._network(entry)
            else:
                self._plain(entry)

    def _plain(self, name: str) -> None:
        """A rival that is no network: how long it takes is seen at its first bench."""
        course, tasks = self.course, self.tasks(name)
        begun: list[float] = []

        def begin(task: Task) -> bool:
            begun.append(course.clock.spent)
            each = (begun[-1] - begun[0]) / (len(begun) - 1) if len(begun) > 1 else UNKNOWN * course.clock.total
            return name in ALWAYS or course.spare > each

        course.do(tasks, name, begin)
        self._note(name, tasks)

    def _network(self, name: str) -> None:
        course = self.course
        first = course.settings.steps
        most = max(course.choice(bench).steps for bench in course.testing) or ladder.steps(2, first)
        affordable = [steps for rung in range(ladder.RUNGS) if (steps := ladder.steps(rung, first)) <= most][::-1]
        for steps in affordable:  # an earlier beginning may have trained it
            self.steps[name] = steps
            if all(course.store.get(task) is not None for task in self.tasks(name)):
                return self._note(name, self.tasks(name))
        pace = Task("pace", course.testing[0], name, (), PACED, course.settings.seed)
        course.do([pace], name, lambda task: course.spare > LEAST * course.clock.total)
        piece = course.store.get(pace)
        if piece is None or "failed" in piece:
            return self._note(name, [pace])
        for steps in affordable:
            self.steps[name] = steps
            if float(piece["step"]) * steps * len(course.testing) / course.abreast < HALF * course.spare:
                course.do(self.tasks(name), name, lambda task: course.spare > 0)
                break
        return self._note(name, self.tasks(name))

    def _note(self, name: str, tasks: list[Task]) -> None:
        """Say why a rival is not in the contest, where it is not."""
        pieces = [self.course.store.get(task) for task in tasks]
        failed = next((str(piece["failed"]) for piece in pieces if piece is not None and "failed" in piece), "")
        if failed or any(piece is None for piece in pieces):
            self.absent[name] = failed or LATE

    def _seed(self, seed: int) -> None:
        """The final trainings once more with another seed, where they find time."""
        course = self.course
        tasks = course.finals(seed)
        if any(course.store.get(task) is None for task in tasks):
            pieces = [course.store.get(task) for task in course.finals(0)]
            needed = sum(float(piece["seconds"]) for piece in pieces if piece is not None)
            if needed / course.abreast > course.spare:
                return
        course.do(tasks, f"final training, seed {seed + 1}", lambda task: course.spare > 0)


def size(name: str, dataset: Dataset) -> tuple[int, int]:
    """Multiply-accumulates and parameters of a hand-made network."""
    counted = count(build(Task("pace", model=name), dataset), (dataset.channels, dataset.length))
    return counted.macs, counted.parameters
