"""The unseen set is designed for with what everybody gets: nothing but the set and the minutes is asked."""

from types import SimpleNamespace

import pandas as pd

from luciole import results
from luciole.design import Settings
from luciole.experiments.har import designed, unseen


def test_the_protocol_is_what_everybody_gets(tmp_path, monkeypatch):
    asked = []
    course = SimpleNamespace(clock=SimpleNamespace(spent=300.0), limit=50_000)
    outcome = SimpleNamespace(course=course, dataset=SimpleNamespace(source="a clone"))
    frame = pd.DataFrame({"dataset": [unseen.DATASET], "right": [3]})
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.setattr(unseen, "design", lambda settings, tell: asked.append(settings) or outcome)
    monkeypatch.setattr(designed, "rows", lambda name, given: frame if given is outcome else None)
    write = results.write
    monkeypatch.setattr(results, "write", lambda *given, **more: write(*given, folder=tmp_path, **more))
    unseen.run(workers=2)
    assert asked == [Settings("gait_gestures", str(tmp_path / "har/unseen"), workers=2)]
    told = results.read(unseen.NAME, tmp_path)
    assert told.frame.equals(frame)
    assert told.provenance.seconds == 600.0
