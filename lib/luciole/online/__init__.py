"""Recognition on a continuous stream: a recogniser that is fed samples, and the metrics of events in time."""

from luciole.sensors.events import Event, EventScores, compare, events_of
from luciole.sensors.recogniser import Recogniser
from luciole.sensors.replay import judge, offline, replay

__all__ = ["Event", "EventScores", "Recogniser", "compare", "events_of", "judge", "offline", "replay"]
