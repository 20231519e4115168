"""Work for the shard tests, in a module of its own so that other processes can import it."""

import os
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


def square(task: int) -> dict[str, np.ndarray]:
    """Seeded numbers that also depend on the order of a long sum."""
    import torch

    draw = torch.rand(200_000, generator=torch.Generator().manual_seed(task))
    return {"value": np.array([task**2, draw.sum().item()]), "threads": np.array(torch.get_num_threads())}


def fail_on_three(task: int) -> dict[str, np.ndarray]:
    if task == 3:
        raise RuntimeError("three")
    return {"value": np.array(task)}


def die_once(task: tuple[int, str]) -> dict[str, np.ndarray]:
    """The first process to take task 5 is killed in the middle of it."""
    number, folder = task
    marker = Path(folder) / "died"
    if number == 5 and not marker.exists():
        marker.touch()
        os._exit(9)
    time.sleep(0.02)
    return {"value": np.array(number**2)}


def slowly(task: int) -> dict[str, np.ndarray]:
    time.sleep(0.2)
    return {"value": np.array(task + 10)}


def lack(task: tuple[int, str]) -> dict[str, np.ndarray]:
    """Task 1 finds no memory; the others take long enough to be at work then."""
    number, words = task
    if number == 1:
        raise RuntimeError(words)
    time.sleep(0.5)
    return {"value": np.array(number)}


def nothing(task: object) -> dict[str, np.ndarray]:
    return {}


def note_and_wait(task: tuple[int, str]) -> dict[str, np.ndarray]:
    """Say by which process it is done, and take a little time; the last task takes for ever."""
    number, folder = task
    (Path(folder) / f"pid-{os.getpid()}").touch()
    time.sleep(600 if number == 5 else 0.05)
    return {"value": np.array(number)}


def told(task: object) -> dict[str, object]:
    """The threads that libraries have, those that one loaded now would take, and the task."""
    threads = [os.environ.get(name, "") for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")]
    return {
        "pools": np.array([pool["num_threads"] for pool in threadpool_info()]),
        "set": np.array(threads),
        "task": task,
    }


def wrong(task: object) -> dict[str, np.ndarray]:
    raise ValueError(f"{task} is wrong\n  and more of it")
