"""What compiles does so before the minutes begin; without the package nothing is done."""

import numpy as np

from luciole.design import compiling, rivals


def test_every_rival_of_the_package_answers_once_before_the_contest(monkeypatch):
    seen, told = [], []

    def fit(name, X, y, seed):
        seen.append(name)
        return lambda windows: np.zeros(len(windows), dtype=np.int64)

    monkeypatch.setattr(rivals, "present", lambda name: True)
    monkeypatch.setattr(rivals, "fit", fit)
    monkeypatch.setattr(compiling, "NOTED", -1.0)
    assert compiling.ahead(told.append) >= 0
    assert seen == list(rivals.AEON)
    assert len(told) == 1 and "not counted" in told[0]


def test_without_the_package_nothing_is_done_nor_said(monkeypatch):
    monkeypatch.setattr(rivals, "present", lambda name: name not in rivals.AEON)
    monkeypatch.setattr(rivals, "fit", None)
    assert compiling.ahead(print) < 1
