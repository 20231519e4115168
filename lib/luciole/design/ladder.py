"""Which design is trained next, and for how long: short trainings weed out, and what stays is trained longer.

A ladder has rungs, each with ``ETA`` times the steps of the one below. A design goes up when it is among the best
``1 / ETA`` of its rung; while nobody may go up, a new design begins at the bottom (asynchronous successive halving, Li
et al., MLSys 2020). Steps of training are counted, not passes through the data, so that small sets are learnt too. The
order depends on what was measured and on nothing else: a longer time goes on where a shorter one ends, and what is best
on the validation people can only get better.

>>> following({(0, 0): 0.7, (1, 0): 0.9, (2, 0): 0.8}, count=2)
[(1, 1), (3, 0)]
"""

from collections.abc import Iterable, Mapping

ETA = 3
RUNGS = 6

Place = tuple[int, int]  # which design, on which rung


def steps(rung: int, first: int) -> int:
    """Steps of training on a rung.

    >>> [steps(rung, 200) for rung in range(4)]
    [200, 600, 1800, 5400]
    """
    return first * ETA**rung


def following(measured: Mapping[Place, float], count: int = 1) -> list[Place]:
    """The next ``count`` trainings after those ``measured`` (place -> accuracy where designs are chosen).

    Equal designs are taken in the order in which they were proposed.
    """
    begun = set(measured)
    chosen: list[Place] = []
    while len(chosen) < count:
        place = _next(measured, begun)
        begun.add(place)
        chosen.append(place)
    return chosen


def _next(measured: Mapping[Place, float], begun: Iterable[Place]) -> Place:
    started = set(begun)
    for rung in range(RUNGS - 2, -1, -1):
        done = sorted((design for design, at in measured if at == rung), key=lambda one: (-measured[one, rung], one))
        for design in done[: len(done) // ETA]:
            if (design, rung + 1) not in started:
                return design, rung + 1
    return max((design for design, rung in started if rung == 0), default=-1) + 1, 0


def best(measured: Mapping[Place, float], cost: Mapping[int, float]) -> Place:
    """The most accurate place; of equal ones the design that costs least, then the longer training.

    >>> best({(0, 0): 0.9, (1, 0): 0.9}, {0: 20.0, 1: 10.0})
    (1, 0)
    """
    return max(measured, key=lambda place: (measured[place], -cost[place[0]], place[1]))
