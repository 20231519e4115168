"""How fast the NAS-Bench-201 table opens and answers, beside the official package: ``python benchmarks/tables.py``.

Ours: the table that ``tables.nb201()`` opens here, every column read. The peer: ``nas_201_api`` with its default
settings on an invented file of the official format with the same 15,625 cells, one seed, 12 epochs (the true file
has up to three seeds and 200 epochs, so it is slower still). Each runs in a fresh process, on one thread. Times are
CPU seconds of that process, so that a busy machine favours neither; memory is its peak less what it held just before
opening. The peer needs about 3 GB and, with the making of the file, two to three minutes.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from record import Row, record

OURS = """
import json, time
import numpy as np
from luciole import tables
from luciole.spaces import nb201

def memory_mb(kind):  # VmRSS now, VmHWM at most so far; getrusage would count the parent's peak too
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(kind)) / 1024

before, start = memory_mb("VmRSS"), time.process_time()
table = tables.nb201()
columns = [table[name] for name in table]
opened, memory = time.process_time() - start, memory_mb("VmHWM") - before
rows = nb201.sample(np.random.default_rng(0), 1_000_000)
names = [table.roles[role].column for role in ("test", "cost_seconds")]
start = time.process_time()
table.lookup(rows, *names)
print(json.dumps({"open": opened, "memory": memory, "million": time.process_time() - start, "source": table.source}))
"""

PEER = """
import json, random, sys, time
from nas_201_api import NASBench201API

start = time.process_time()
api = NASBench201API(sys.argv[1], verbose=False)
opened = time.process_time() - start
draw = random.Random(0)
queries = [draw.randrange(15_625) for _ in range(5_000)]
start = time.process_time()
for index in queries:  # accuracy, and the seconds of training: one query answers both
    api.get_more_info(index, "cifar10-valid", hp="12", is_random=False)
each = (time.process_time() - start) / len(queries)
print(json.dumps({"open": opened, "million": each * 1e6}))
"""

MAKE = """
import sys
sys.path.insert(0, sys.argv[2])
import official_file
official_file.write(sys.argv[1], official_file.benchmark(range(15_625), seeds=(777,), long=12))
"""


def run(program: str, *arguments: str) -> str:
    """Run a program in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SystemExit(f"benchmark failed:\n{done.stderr}")
    return done.stdout


def main() -> None:
    ours = sorted((json.loads(run(OURS)) for _ in range(5)), key=lambda one: one["open"])
    print(f"table: {ours[0]['source']}")
    opened, million, memory = (sorted(one[key] for one in ours)[2] for key in ("open", "million", "memory"))
    maker = str(Path(__file__).resolve().parents[1] / "tests" / "tables")  # where the tests' official file is made
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "official.pth")
        run(MAKE, file, maker)
        print(f"official format: {Path(file).stat().st_size / 1e6:.0f} MB for 15,625 cells")
        peer = json.loads(run(PEER, file).splitlines()[-1])
    peer_name = "nas_201_api, invented file of 15,625 cells, 1 seed, 12 epochs"
    record(
        [
            Row(
                "tables.open",
                "open the NAS-Bench-201 table and read all its columns, median of 5 processes",
                measured=opened,
                unit="CPU s",
                target="under 0.1 s, 300 times faster than the peer",
                met=opened < 0.1 and peer["open"] / opened >= 300,
                peer=peer["open"],
                peer_name=peer_name,
            ),
            Row(
                "tables.open_memory",
                "peak memory of the process less what it held before opening, median of 5",
                measured=memory,
                unit="MB",
                target="under 60 MB",
                met=memory < 60,
            ),
            Row(
                "tables.million",
                "accuracy and cost of a million random cells (peer: 5,000 get_more_info, scaled), median of 5",
                measured=million,
                unit="CPU s",
                target="under 0.5 s, 1,000 times faster than the peer",
                met=million < 0.5 and peer["million"] / million >= 1_000,
                peer=peer["million"],
                peer_name=peer_name,
            ),
        ]
    )


if __name__ == "__main__":
    main()
