"""Episodes: which states each patient was in, when, and which visits say so; see docs/definitions.md."""

from __future__ import annotations

from outcomes.episodes.derive import Episodes, derive_episodes
from outcomes.episodes.times import EventTimes, event_times

__all__ = ["Episodes", "EventTimes", "derive_episodes", "event_times"]
