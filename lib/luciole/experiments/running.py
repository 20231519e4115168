"""Running experiments by name: one, or all that are not current, with a price first and the whole way shown."""

import time

from luciole import experiments, files
from luciole.errors import LucioleError
from luciole.experiments import price
from luciole.locks import held
from luciole.shards import Unfinished


def run_one(name: str, workers: int, scheduler: str | None, seconds: float | None) -> None:
    """Run an experiment, whatever its results say of themselves; no two runs of it in one cache at once.

    Raises LucioleError as the experiment does; the line of one that ended before its end names the command to go on.
    """
    run = experiments.load(name)
    with held(files.cache() / "running" / name, f"luciole run {name}"):
        try:
            run(workers=workers, scheduler=scheduler, seconds=seconds)
        except Unfinished as error:
            raise LucioleError(f"{error}: {command(name, workers, scheduler)}") from error


def run_all(workers: int, scheduler: str | None, seconds: float | None) -> None:
    """Run every experiment of which a result is missing, a part or stale; after ``seconds`` begin nothing new."""
    begun = time.monotonic()
    priced = price.prices({name: one.results for name, one in experiments.EXPERIMENTS.items()})
    print(price.said(priced, workers), flush=True)
    todo = [one for one in priced if one.reason]
    spent, recorded = 0.0, 0.0  # of the experiments done: what they took here, and what their records say
    for number, one in enumerate(todo):
        remaining = None if seconds is None else seconds - (time.monotonic() - begun)
        if remaining is not None and remaining <= 0:
            print(f"the time is up: {number} of {len(todo)} experiments were begun; run again to go on")
            return
        ahead = todo[number:]
        whole = price.lasts(ahead, workers, spent * workers / recorded if recorded else 1.0)
        print(f"{number + 1} of {len(todo)}: {one.name}; {whole} left in all{price.unknown(ahead)}", flush=True)
        start = time.monotonic()
        run_one(one.name, workers, scheduler, remaining)
        if one.seconds:
            spent, recorded = spent + time.monotonic() - start, recorded + one.seconds


def command(name: str, workers: int, scheduler: str | None) -> str:
    """The command line of a run.

    >>> command("har201/table", 2, None)
    'luciole run har201/table --workers 2'
    """
    options = [f"--workers {workers}"] * (workers > 1) + [f"--scheduler {scheduler}"] * (scheduler is not None)
    return " ".join(["luciole run", name, *options])
