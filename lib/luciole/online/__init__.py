"""Recognition on a continuous stream: a recogniser that is fed samples, and the metrics of events in time."""

from luciole.online.events import Event, EventScores, compare, events_of
from luciole.online.recogniser import Recogniser
from luciole.online.replay import judge, offline, replay

__all__ = ["Event", "EventScores", "Recogniser", "compare", "events_of", "judge", "offline", "replay"]
