"""Processes that end with the one that started them, whatever ends it: a signal, a kill, the system.

with parallel_config("loky", initializer=lifeline.follow, initargs=(os.getpid(),)): ...
"""

import os
import threading
import time

import psutil

PATIENCE = 0.5  # seconds between two looks at the parent


def follow(parent: int) -> None:
    """End this process soon after the process ``parent``, which started it, is gone.

    A thread looks, on every system: the kernel's own signal (Linux) follows the *thread* that started us, and pools
    start processes from threads that come and go.
    """
    threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()


def _watch(parent: int) -> None:
    # an orphan has another parent at once; where parents are never exchanged (Windows), the number disappears
    while os.getppid() == parent and psutil.pid_exists(parent):
        time.sleep(PATIENCE)
    os._exit(1)  # nothing to clean up for: results are written by the parent, whole or not at all
