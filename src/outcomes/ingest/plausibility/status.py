"""Does a status code mean the event or its absence? Asked where the name or the times say the opposite."""

from __future__ import annotations

import numpy as np

from outcomes.config.cohort import Status
from outcomes.ingest.findings import Findings
from outcomes.ingest.formats.adam import cnsr_is_inverted
from outcomes.ingest.plausibility.evidence import Evidence, Outcome, words
from outcomes.ingest.plausibility.status_times import look_swapped

CENSORING = frozenset({"cens", "censor", "censored", "censoring", "cnsr"})
FREE = frozenset({"free"})
ALIVE = frozenset({"alive", "survived", "surviving"})
EVENT = frozenset(
    {
        "event", "events", "evt", "death", "deaths", "dead", "died", "deceased", "relapse", "relapsed",
        "recurrence", "recurred", "dropout", "fail", "failed", "failure",
    }
)  # fmt: skip
NEGATIONS = frozenset({"not", "no", "non", "un"})
"""With one of these a name may mean either; the times are left to speak."""

YES = frozenset({"1", "1.0", "yes", "y", "true", "t"})
NO = frozenset({"0", "0.0", "no", "n", "false", "f"})


def inverted_status(seen: Evidence, findings: Findings) -> None:
    """Ask whether event and censored are swapped, unless the cohort file has confirmed that they are not.

    A name is a guess: where the times say that the codes are right, it is not asked about.
    """
    for outcome in seen.outcomes:
        status = outcome.spec.status
        if not isinstance(status, Status) or status.confirmed:  # timed: there are no codes to swap
            continue
        known = np.isfinite(outcome.days)
        days, observed = outcome.days[known], outcome.observed[known]
        named = None if look_swapped(days, ~observed) else _name_says(outcome, status)
        signs = [sign for sign in (named, look_swapped(days, observed)) if sign]
        if signs:
            what = (
                f"{'; and '.join(signs)}: is the meaning of column '{status.column}' turned "
                f"round? If it is, swap the codes of {outcome.where}.status.event and censored; if the "
                f"codes are right, declare {outcome.where}.status.confirmed: true"
            )
            findings.problem(outcome.source, f"{outcome.where}.status", what)


def _name_says(outcome: Outcome, status: Status) -> str | None:
    named = set(words(status.column))
    own = set(words(outcome.name))
    is_event = bool(named & EVENT) or own <= named
    if named & NEGATIONS or (CENSORING | FREE | ALIVE) & own:
        return None
    codes = [code.strip().casefold() for code in status.event]
    n, of = int(outcome.observed.sum()), int(np.isfinite(outcome.days).sum())
    if cnsr_is_inverted(codes, status.column):
        return (
            "the column is CNSR, in which CDISC ADaM has 0 for the event and other codes for censoring, yet "
            f"another code than 0 is declared the event ({n} of {of} patients)"
        )
    if named & (CENSORING | FREE) or (named & ALIVE and not is_event):
        if any(code in YES for code in codes):
            means = "censoring" if named & CENSORING else "being without the event"
            return (
                f"the column is named for {means}, yet its yes is declared the event ({n} of {of} patients)"
            )
    elif is_event and not named & ALIVE and any(code in NO for code in codes):
        return f"the column is named for the event, yet its no is declared the event ({n} of {of} patients)"
    return None
