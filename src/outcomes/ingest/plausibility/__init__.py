"""What the data as a whole says against itself: warnings, and questions, with their evidence in numbers."""

from __future__ import annotations

from collections.abc import Callable

from outcomes.config.cohort import Cohort
from outcomes.frames import Tables
from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.censoring import odd_censoring
from outcomes.ingest.plausibility.codes import codes_at_the_top
from outcomes.ingest.plausibility.constants import constant_columns, too_few
from outcomes.ingest.plausibility.coverage import without_scores
from outcomes.ingest.plausibility.evidence import Evidence, gather
from outcomes.ingest.plausibility.nearest_visit import labelled_as_another_visit
from outcomes.ingest.plausibility.repeats import carried_forward, repeated_visits
from outcomes.ingest.plausibility.scores import healthy_at_baseline, not_a_total, opposite_directions
from outcomes.ingest.plausibility.status import inverted_status
from outcomes.ingest.plausibility.timing import (
    after_the_end,
    beyond_a_lifetime,
    outside_windows,
    unordered_visits,
)
from outcomes.ingest.plausibility.two_values import two_valued_scores
from outcomes.ingest.plausibility.units import mixed_units, visit_days_in_other_units

__all__ = ["look_at"]

RULES: tuple[Callable[[Evidence, Findings], None], ...] = (
    inverted_status,
    after_the_end,
    unordered_visits,
    outside_windows,
    labelled_as_another_visit,
    visit_days_in_other_units,
    mixed_units,
    odd_censoring,
    beyond_a_lifetime,
    codes_at_the_top,
    repeated_visits,
    carried_forward,
    healthy_at_baseline,
    not_a_total,
    opposite_directions,
    two_valued_scores,
    constant_columns,
    without_scores,
    too_few,
)
"""Questions that stop the work come first, then what touches most numbers."""


def look_at(tables: Tables, cohort: Cohort, findings: Findings) -> None:
    """Add to `findings` what is implausible in tables that fulfil their contracts.

    Parameters
    ----------
    tables : Tables
        As read; nothing in them is changed.
    cohort : Cohort
        What was measured.
    findings : Findings
        Gets a warning for what is probably to be mended, and a problem for what must be answered first.
    """
    seen = gather(tables, cohort)
    for rule in RULES:
        rule(seen, findings)
