"""Does a status code mean the event or its absence? Asked where the name or the times say the opposite."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.formats.adam import cnsr_is_inverted
from outcomes.ingest.plausibility.evidence import Evidence, Outcome, words

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

AT_THE_END = 0.98
"""From this share of the longest time on, patients have reached the end, give or take some days."""

FEWEST_IN_ALL, FEWEST_AT_END, FEWEST_EARLIER = 20, 5, 5
"""Patients below whom the pattern comes about by chance."""

END_SHARE = 0.1
"""Share of patients who reach the end in a study with an end of its own."""

NEARLY_ALL = 0.9
MOST = 0.5
"""Events among those at the end, and censored among those before it, that look turned round."""


def inverted_status(seen: Evidence, findings: Findings) -> None:
    """Ask whether event and censored are swapped, unless the cohort file has confirmed that they are not."""
    for outcome in seen.outcomes:
        if outcome.spec.status.confirmed:
            continue
        signs = [sign for sign in (_name_says(outcome), _times_say(outcome)) if sign]
        if signs:
            what = (
                f"{'; and '.join(signs)}: is the meaning of column '{outcome.spec.status.column}' turned "
                f"round? If it is, swap the codes of {outcome.where}.status.event and censored; if the "
                f"codes are right, declare {outcome.where}.status.confirmed: true"
            )
            findings.problem(outcome.source, f"{outcome.where}.status", what)


def _name_says(outcome: Outcome) -> str | None:
    status = outcome.spec.status
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


def _times_say(outcome: Outcome) -> str | None:
    """Nearly everyone who stays to the end has the event just then, and most who leave earlier do not."""
    known = np.isfinite(outcome.days)
    days, observed = outcome.days[known], outcome.observed[known]
    if len(days) < FEWEST_IN_ALL or days.max() <= 0:
        return None
    at_end = days >= AT_THE_END * days.max()
    n_end, n_earlier = int(at_end.sum()), int((~at_end).sum())
    if n_end < max(FEWEST_AT_END, END_SHARE * len(days)) or n_earlier < FEWEST_EARLIER:
        return None
    events, censored = int(observed[at_end].sum()), int((~observed[~at_end]).sum())
    if events < NEARLY_ALL * n_end or censored <= MOST * n_earlier:
        return None
    return (
        f"{events} of the {n_end} patients who reach the longest follow-up have the event just then, while "
        f"{censored} of the {n_earlier} who leave earlier are censored"
    )
