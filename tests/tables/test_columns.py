"""What a column means, and that the numbers agree with what is said of them."""

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import columns, originals, unpickle
from luciole.tables.table import Table


def test_every_column_of_the_documented_tables_is_described(data_folder):
    for table in (tables.nb201(), tables.nb201_hw()):
        for name in table:
            said = table.describe(name)
            assert said.startswith(f"{name}: ") and said.endswith(f"source: {table.source}")
            assert [line.split(":")[0] for line in said.splitlines()[1:]] == ["unit", "trainings", "release", "source"]
    for table, names in columns.HEADLINES.items():
        for name in names:
            assert columns.meaning(table, name).definition


def test_the_official_file_has_its_own_release():
    table = Table("nb201", {"c10_val200": np.zeros(3), "mine": np.zeros(3)}, source="official file x.pth (SHA-256 0)")
    assert "release: the official file" in table.describe("c10_val200")
    assert "nas-without-training" in columns.describe("nb201", "c10_val200", "prepared file")
    assert columns.meaning("nb201", "c10v_train12_seconds").unit == "s"
    assert columns.meaning("nb201", "c100_latency200_s").definition.startswith("seconds of one batch")
    with pytest.raises(LucioleError, match="nobody has described the column 'mine' of nb201"):
        table.describe("mine")
    with pytest.raises(LucioleError, match="has no column 'absent'"):
        table.describe("absent")


def whole(values, images):
    """Where an accuracy in percent is a whole number of ``images``."""
    counts = values.astype(np.float64) * images / 100
    return np.abs(counts - np.round(counts)) < 0.02


@pytest.fixture(scope="module")
def table(data_folder):
    return tables.nb201()


def test_counts_of_images_say_how_many_trainings_a_mean_is_of(table):
    assert whole(table["c10_val12"], 50_000).all() and 0.4 < whole(table["c10_val12"], 25_000).mean() < 0.6
    for name, images in (("c10_val200", 25_000), ("c10_test200", 10_000), ("in16_test200", 3_000)):
        one, two, three = (whole(table[name], images * n) for n in (1, 2, 3))
        assert (one | two | three).all() and not (one | two).all() and not (one | three).all(), name
    for name, images in (("c10_test12", 10_000), ("c100_val12", 5_000), ("in16_val12", 3_000)):
        assert whole(table[name], images).all(), name


def test_what_the_suite_calls_validation_is_test_accuracy(table, data_folder):
    """Equal to the first release's test accuracy in the cells that were trained once there (6,219 by its authors)."""
    raw = data_folder / "raw" / "RoBoT" / "data"
    files = {
        "c10": "nb2_cf10_test_accuracy.p",
        "c100": "nb2_cf100_test_accuracy.p",
        "in16": "nb2_im120_test_accuracy.p",
    }
    if not all((raw / file).exists() for file in files.values()):
        pytest.skip("the first release's test accuracies are not here")
    first = {name: np.array(unpickle.load(raw / file), dtype=np.float64) for name, file in files.items()}
    once = whole(first["c10"], 10_000) & whole(first["c100"], 5_000) & whole(first["in16"], 3_000)
    equal = {name: np.isclose(first[name], table[f"{name}_val200_s"], atol=2e-3) for name in ("c100", "in16")}
    assert {name: int(found.sum()) for name, found in equal.items()} == {"c100": 6_620, "in16": 6_654}
    both = equal["c100"] & equal["in16"]
    assert both.sum() > 6_219 and (both & ~once).sum() <= 1
    nats = np.isclose(table["in16_test200"], table["in16_val200_s"], atol=2e-3)
    assert nats.sum() == 523
    assert whole(table["c10_val200_s"], 10_000).all() and not whole(table["c10_val200"], 10_000).all()
    good = table["c10_val200"] > 85
    difference = table["c10_val200_s"][good].astype(np.float64) - table["c10_val200"][good]
    assert -0.4 < difference.mean() < -0.2


def test_the_role_of_the_clock_says_what_it_counts(table):
    assert "validation, 2.8 to 4.1 % more, is not in it" in table.roles["cost_seconds"].meaning
    assert originals.DATASETS["c10"] == "cifar10" and len(table["c10_cost12_s"]) == nb201.SIZE
