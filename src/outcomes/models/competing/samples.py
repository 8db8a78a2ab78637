"""A competing-events frame as arrays by arm, and the reasons why there is nothing to estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.frames import AnalysisFrame
from outcomes.models.competing.aalen_johansen import Incidences, aalen_johansen
from outcomes.models.competing.counts import CauseTable, cause_table
from outcomes.models.counting import Floats, Integers, Sample


@dataclass(frozen=True)
class CauseSample:
    """Patients of one arm, with its curves.

    Attributes
    ----------
    time : ndarray, shape (n,)
        Days to the first failure or to censoring.
    cause : ndarray of int, shape (n,)
        0 where censored, else 1 + place in the causes of the plan.
    table : CauseTable
        Their counts.
    curves : Incidences
        Their cumulative incidences.
    """

    time: Floats
    cause: Integers
    table: CauseTable
    curves: Incidences

    @property
    def n_patients(self) -> int:
        """Patients in the arm."""
        return int(self.time.size)

    def n_events(self, cause: int, until: float = np.inf) -> int:
        """Patients who failed of a cause up to and including a day."""
        return int(((self.cause == cause) & (self.time <= until)).sum())

    def of_any_cause(self) -> Sample:
        """Return the same times with all causes as one event."""
        return Sample(self.time, self.cause > 0)

    @property
    def known_until(self) -> float:
        """Last day up to which the curves are known: for ever once nobody is left event-free."""
        if not self.n_patients:
            return 0.0
        return float("inf") if self.curves.event_free[-1] == 0 else float(self.time.max())


def cause_codes(frame: AnalysisFrame) -> Integers:
    """Code of each patient's cause: 0 where censored, else 1 + its place among the frame's categories."""
    return np.asarray(frame.data["cause"].cat.codes.to_numpy() + 1, dtype=np.int64)


def cause_samples(frame: AnalysisFrame) -> dict[str, CauseSample]:
    """Split a competing-events frame into a sample per arm of the cohort, in canonical order.

    Raises
    ------
    ValueError
        If a time is not positive and finite.
    """
    time, cause = frame.data["time_days"].to_numpy(dtype=float), cause_codes(frame)
    n_causes = len(frame.data["cause"].cat.categories)
    arm = frame.data["arm"].astype(str).to_numpy()
    found = {}
    for name in frame.treatment.arms:
        mine = arm == name
        table = cause_table(time[mine], cause[mine], n_causes)
        found[name] = CauseSample(time[mine], cause[mine], table, aalen_johansen(table))
    return found


def counts_of(cause: int, *samples: CauseSample, until: float = np.inf) -> dict[str, int]:
    """`n_patients`, and failures of one cause as `n_events`, of some samples together."""
    return {
        "n_patients": sum(sample.n_patients for sample in samples),
        "n_events": sum(sample.n_events(cause, until) for sample in samples),
    }
