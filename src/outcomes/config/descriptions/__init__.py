"""A sentence on every key of the configuration: what editors show, and what the project template says."""

from __future__ import annotations

from outcomes.config.descriptions.cohort import COHORT
from outcomes.config.descriptions.events import EVENTS
from outcomes.config.descriptions.plan import PLAN

DESCRIPTIONS = {
    f"{model}.{key}": text for model, keys in (COHORT | PLAN | EVENTS).items() for key, text in keys.items()
}
"""``Class.key``, after the class that declares the key -> its description."""
