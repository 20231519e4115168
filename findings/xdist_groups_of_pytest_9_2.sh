#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: --dist loadgroup no longer keeps a group of tests in one process.
#
# What one would guess: tests marked xdist_group("one") run in one worker, so that a fixture of their module is set up
# once. What happens: xdist notes the group by writing to the private attribute Item._nodeid, which pytest 9.2 does not
# read any more (its identifiers are structured); nothing is said, the group is dealt to all workers, and the fixture is
# set up in each of them. The same marks under pytest 9.0.2 hold.
# Why it matters: what a group protects (a port, a browser, an installed environment, a measurement of memory) is shared
# or paid twice. --dist loadfile, which needs no mark, holds under both.
#
# Expected output:
#   pytest 9.0.2 loadgroup: workers of the group: 1
#   pytest 9.2.0 loadgroup: workers of the group: 2
#   pytest 9.2.0 loadfile: workers of the group: 1
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat > "$place/test_group.py" <<'END'
import os
import time

import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(12))
def test_where(number):
    time.sleep(0.2)  # long enough for either worker to take its part
    with open(os.environ["WORKERS"], "a") as told:
        told.write(f"{os.getpid()}\n")
END
declare -A found
for asked in "9.0.2 loadgroup" "9.2.0 loadgroup" "9.2.0 loadfile"; do
  read -r version way <<< "$asked"
  [ -d "$place/$version" ] || { python3 -m venv "$place/$version"; "$place/$version/bin/python" -m pip install -q "pytest==$version" pytest-xdist==3.8.0; }
  export WORKERS="$place/$version-$way"
  (cd "$place" && "$version/bin/python" -m pytest -q -n 2 --dist "$way" test_group.py > "$WORKERS.log")
  found[$asked]=$(sort -u "$WORKERS" | wc -l)
  echo "pytest $version $way: workers of the group: ${found[$asked]}"
done
[ "${found[9.0.2 loadgroup]} ${found[9.2.0 loadgroup]} ${found[9.2.0 loadfile]}" = "1 2 1" ]
echo "as stated"
