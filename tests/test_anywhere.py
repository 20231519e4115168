"""The same answers in another place: another path, language, time zone and home, more threads, an older processor.

One process works from a copy of the study as a stranger may have it: a folder with spaces and accents that cannot be
written to, no HOME, a Turkish locale (where the capital of i is not I), the other side of the date line, two threads,
and torch told to do without what processors have learnt since AVX2. A second one works here; their reports agree.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from luciole import files

OLDER = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
PARTS = ("lib", "data", "notebooks", "pyproject.toml", "requirements.txt", "_toc.yml", "README.md")
REPORT = """
import hashlib, json, sys
import numpy as np
import torch
import luciole
from luciole import files, published, results, tables
from luciole.book import chapters, findings
from luciole.networks import Skeleton, build
from luciole.scores import score_cells
from luciole.spaces import nb201

def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()

cells = nb201.sample(np.random.default_rng(0), 4)
batch = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
skeleton = Skeleton(width=8, cells=1)
scored = score_cells(cells, ["naswot", "synflow", "zen", "params"], batch, skeleton=skeleton).values
network = build(cells[0], skeleton, generator=torch.Generator().manual_seed(0))
loss = torch.nn.functional.cross_entropy(network(batch), torch.arange(4))
loss.backward()
gradient = sum(float(weight.grad.square().sum()) for weight in network.parameters() if weight.grad is not None)
table = tables.har201()
print(json.dumps({
    "library": luciole.__file__,
    "root": str(files.root()),
    "threads": torch.get_num_threads(),
    "same": {
        "results": {name: list(results.read(name, part=True).stale) for name in results.names()},
        "published": published.read().to_csv(index=False),
        "findings": findings.block(),
        "chapters": {name: chapters.defaults(chapters.find(name)) for name in chapters.names()},
        "har201": {name: digest(table[name]) for name in ("wisdm_macs", "wisdm_params", "uci_har_test_acc_ep4")},
        "draw": nb201.format(cells),
    },
    "close": [*(float(v) for name in scored for v in scored[name].ravel()), float(loss), gradient],
}))
"""


def _report(library: Path, environment: dict[str, str]) -> dict:
    ours = ("LUCIOLE_", "LC_", "LANG", "MKL_", "OPENBLAS_")  # what limits threads here must not there
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        cwd=library.parent,
        env=kept | {"PYTHONPATH": str(library), "LUCIOLE_OFFLINE": "1", "OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the study that only its owner's superuser could write to."""
    there = tmp_path_factory.mktemp("é t") / "lu ciole"
    for part in PARTS:
        here = files.root() / part
        (there / part).parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there / part, ignore=shutil.ignore_patterns("__pycache__", ".*", "cache"))
        else:
            shutil.copy(here, there / part)
    for path in (there, *there.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield there
    for path in (there, *(path for path in there.rglob("*") if path.is_dir())):
        path.chmod(0o755)


@pytest.mark.check  # twenty seconds
def test_the_study_says_the_same_elsewhere(copy):
    nowhere = str(copy / "no home")
    elsewhere = {"HOME": nowhere, "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Apia", "OMP_NUM_THREADS": "2"} | OLDER
    here, there = _report(files.root() / "lib", {}), _report(copy / "lib", elsewhere)
    assert (Path(there["root"]), Path(there["library"]).parents[1]) == (copy, copy / "lib")
    assert (here["threads"], there["threads"]) == (1, 2)
    assert there["same"] == here["same"]
    # sums are taken in another order on two threads and with shorter registers: rounding of 32-bit numbers, no more
    np.testing.assert_allclose(there["close"], here["close"], rtol=1e-4)
