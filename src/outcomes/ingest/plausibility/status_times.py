"""The times of events and of censoring, where they say that the two are swapped.

Measured on 120 public columns of times and status (of R's survival, KMsurv, asaur, mstate, MASS, boot and
others, and of lifelines; a few come twice) and on those of the embedded cohorts: as published, none was
suspected by either sign; with the codes swapped, 29 were. Where the times leave it open, nothing is said.
"""

from __future__ import annotations

import numpy as np

AT_THE_END = 0.98
"""From this share of the end of follow-up on, patients have reached it, give or take some days."""

FEWEST_IN_ALL, FEWEST_AT_END, FEWEST_EARLIER, FEWEST_OF_EACH = 20, 5, 5, 10
"""Patients below whom the pattern comes about by chance."""

END_SHARE = 0.1
"""Share of patients who reach the end in a study with an end of its own."""

NEARLY_ALL = 0.9
MOST = 0.5
"""Events among those at the end, and censored among those before it, that look turned round."""

APART = 0.85
"""Share of the events after, and of the censored before, one and the same day that looks turned round. As
published, the data sets above reach 0.66 at most (an animal study in which competing causes kill earlier);
events and censoring that come at random reach 0.5."""


def look_swapped(days: np.ndarray, observed: np.ndarray) -> str | None:
    """What in the times says that events are censorings and censorings events, with counts.

    Parameters
    ----------
    days, observed : numpy.ndarray, shape (n_patients,)
        Finite times, and whether each is one of an event. Given ``~observed``, the answer is what says that
        the declaration is right.
    """
    return _pile_at_the_end(days, observed) or _one_after_the_other(days, observed)


def _pile_at_the_end(days: np.ndarray, observed: np.ndarray) -> str | None:
    """Nearly everyone who stays to the end has the event just then, and most who leave earlier do not."""
    if len(days) < FEWEST_IN_ALL or days.max() <= 0:
        return None
    # an end that enough patients reach lies above this quantile, whatever a few outliers are
    end = np.quantile(days, 1 - END_SHARE / 2)
    at_end = days >= AT_THE_END * end
    n_end, n_earlier = int(at_end.sum()), int((~at_end).sum())
    if n_end < max(FEWEST_AT_END, END_SHARE * len(days)) or n_earlier < FEWEST_EARLIER:
        return None
    events, censored = int(observed[at_end].sum()), int((~observed[~at_end]).sum())
    if events < NEARLY_ALL * n_end or censored <= MOST * n_earlier:
        return None
    return (
        f"{events} of the {n_end} patients who reach the end of follow-up have the event just then, while "
        f"{censored} of the {n_earlier} who leave earlier are censored"
    )


def _one_after_the_other(days: np.ndarray, observed: np.ndarray) -> str | None:
    """Nearly all events are later than nearly all censored times, whenever follow-up ends for each patient.

    Patients who enter one after another have no common end, and those who stay without the event are followed
    longest nevertheless.
    """
    events, censored = np.sort(days[observed]), np.sort(days[~observed])
    if min(len(events), len(censored)) < FEWEST_OF_EACH:
        return None
    cuts = np.unique(events)
    late = len(events) - np.searchsorted(events, cuts)
    early = np.searchsorted(censored, cuts)
    apart = np.minimum(late / len(events), early / len(censored))
    best = int(np.argmax(apart))
    if apart[best] < APART:
        return None
    return (
        f"{late[best]} of the {len(events)} events are later than {early[best]} of the {len(censored)} "
        "censored times, although those without an event are usually followed longest"
    )
