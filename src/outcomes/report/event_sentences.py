"""Sentences of times to an event: hazards, restricted means, incidences, tests."""

from __future__ import annotations

import math

from outcomes.config.definition import Definition
from outcomes.config.survival import FlemingHarrington
from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import listed, number_text, short_number
from outcomes.report.naming import cause_name, causes_of, endpoint_part, event_name
from outcomes.report.readings import SAME, amount_text, difference_words, pair_in_sentence, reading_of
from outcomes.wording import mid_sentence

MULTIPLE = 2.0
"""A hazard ratio from here on reads as a multiple, below as a percentage."""


def _hazard_words(ratio: float) -> str:
    """Return a hazard ratio as ``"58% lower"``, ``"27% higher"`` or ``"2.4 times as high"``."""
    if math.isinf(ratio):
        return "higher without limit"
    if ratio >= MULTIPLE:
        return f"{number_text(ratio, 1)} times as high"
    percent = f"{100 * abs(ratio - 1):.0f}%"
    return "no difference" if percent == "0%" else f"{percent} {'lower' if ratio < 1 else 'higher'}"


def _favourable(content: ReportContent, analysis: str) -> bool:
    event = endpoint_part(content, analysis, "event")
    if event is not None:
        return content.cohort.events[event].favourable
    # a higher score of a time to a hoped-for state is worse: the endpoint says so of its frame
    return content.methods.get(analysis, {}).get("higher_is_better") is False


def _event(content: ReportContent, analysis: str) -> str:
    """Return the event as it reads inside a sentence."""
    return mid_sentence(event_name(content, analysis))


def _cox(content: ReportContent, row: Row) -> tuple[str, str]:
    arm, comparator = pair_in_sentence(content, row)
    event = _event(content, row["analysis"])
    words = _hazard_words(row["estimate"])
    if words == "no difference":
        claim = f"The hazard of {event} {SAME} with {arm} and with {comparator}"
    else:
        than = "as" if words.endswith("as high") else "than"
        claim = f"The hazard of {event} was {words} with {arm} {than} with {comparator}"
    higher = _favourable(content, row["analysis"])
    better = f"a {'higher' if higher else 'lower'} hazard of {event} is better"
    amounts = (_hazard_words(limit) for limit in (row["ci_low"], row["ci_high"]))
    return claim, reading_of(content, row, better, higher=higher, amounts=amounts)


def _rmst(content: ReportContent, row: Row) -> tuple[str, str]:
    arm, comparator = pair_in_sentence(content, row)
    event = _event(content, row["analysis"])
    form = content.format_of(row)
    span = (
        f"Over the first {short_number(row['time'])} days"
        if row["time"] is not None
        else "Over the follow-up"
    )
    words = amount_text(form.quantity(abs(row["estimate"])), row["estimate"], ("shorter", "longer"))
    if form.number(row["estimate"]) == form.number(0.0):
        claim = f"{span}, the mean time free of {event} {SAME} with {arm} and with {comparator}"
    else:
        claim = f"{span}, the mean time free of {event} was {words} with {arm} than with {comparator}"
    higher = not _favourable(content, row["analysis"])
    better = f"{'longer' if higher else 'shorter'} is better"
    amounts = difference_words(content, row, ("shorter", "longer"))
    return claim, reading_of(content, row, better, higher=higher, amounts=amounts)


def _competing(content: ReportContent, row: Row) -> tuple[str, str]:
    analysis = row["analysis"]
    arm, comparator = pair_in_sentence(content, row)
    event, form = _event(content, analysis), content.format_of(row)
    causes = causes_of(content, analysis)[1:]
    named = listed([mid_sentence(cause_name(content, analysis, cause)) for cause in causes])
    others = f"{named} as {'competing events' if causes[1:] else 'a competing event'}"
    when = f"By day {short_number(row['time'])}" if row["time"] is not None else "By the end of follow-up"
    share = f"{when}, with {others}, the share of patients with {event}"
    if form.number(row["estimate"]) == form.number(0.0):
        claim = f"{share} {SAME} with {arm} and with {comparator}"
    else:
        words = amount_text(form.quantity(abs(row["estimate"])), row["estimate"], ("lower", "higher"))
        claim = f"{share} was {words} with {arm} than with {comparator}"
    higher = _favourable(content, analysis)
    better = f"{'more' if higher else 'less'} {event} is better"
    amounts = difference_words(content, row, ("lower", "higher"))
    return claim, reading_of(content, row, better, higher=higher, amounts=amounts)


def _interval(content: ReportContent, row: Row) -> tuple[str, str]:
    claim, reading = _cox(content, row)
    taken = f"With {_event(content, row['analysis'])} known only to lie between visits"
    return _after(taken, claim), reading


def _multiverse(content: ReportContent, row: Row) -> tuple[str, str]:
    claim, reading = (_rmst if row["quantity"] == "rmst_difference" else _cox)(content, row)
    return _after("Under the definition as declared", claim), f"{reading}{_across_definitions(content, row)}"


def _across_definitions(content: ReportContent, row: Row) -> str:
    """Over which range the definitions of the grid lead, and how many exclude no difference."""
    mine = [
        other for other in content.of_analysis(row["analysis"])
        if (other["arm"], other["comparator"]) == (row["arm"], row["comparator"]) and has_numbers(other)
    ]  # fmt: skip
    grid = [other for other in mine if other["quantity"] == row["quantity"] and "=" in str(other["term"])]
    excluding = [other for other in mine if other["quantity"] == "count" and "excludes" in str(other["term"])]
    if not grid or not excluding:
        return ""
    form, n = content.format_of(row), len(grid)
    low, high = (bound(other["estimate"] for other in grid) for bound in (min, max))
    many = f"{excluding[0]['estimate']:.0f} of their intervals"
    return (
        f" Under the {n} definitions of the grid it ranges from {form.quantity(low)} to "
        f"{form.quantity(high)}; {many} lie to one side of no difference."
    )


def _after(opening: str, claim: str) -> str:
    return f"{opening}, {claim[:1].lower()}{claim[1:]}"


def _until_recovery(endpoint: object) -> str:
    """A relapse is at risk only until recovery, where the definition knows of one."""
    definition = getattr(endpoint, "definition", None)
    ends = isinstance(definition, Definition) and definition.recovery is not None
    return " and until recovery" if ends and getattr(endpoint, "state", "") == "relapse" else ""


def event_sentence(content: ReportContent, row: Row) -> tuple[str, str]:
    """Return claim and reading of a row of a time to an event, with whom and from when it speaks of."""
    analysis = content.plan.analyses[row["analysis"]]
    model = "rmst" if row["quantity"] == "rmst_difference" and analysis.model == "cox" else analysis.model
    claim, reading = _WORDINGS[model](content, row)
    landmark = getattr(analysis.endpoint, "landmark_day", None)
    start = getattr(analysis.endpoint, "start", "baseline")
    if landmark is not None:
        event = _event(content, row["analysis"])
        claim = _after(f"Among those followed and free of {event} at day {short_number(landmark)}", claim)
    elif start != "baseline":
        claim = _after(f"After {start}{_until_recovery(analysis.endpoint)}", claim)
    return claim, reading


def _log_rank(content: ReportContent, row: Row) -> tuple[str, str]:
    arm, comparator = pair_in_sentence(content, row)
    event = _event(content, row["analysis"])
    test = "max-combo test" if row["quantity"] == "max_combo" else "log-rank test"
    weights = getattr(content.plan.analyses[row["analysis"]], "weights", None)
    if isinstance(weights, FlemingHarrington):
        test = f"log-rank test with weights G({weights.rho:g}, {weights.gamma:g})"
    claim = f"Time to {event} with {arm} and with {comparator} was compared by the {test}"
    return claim, ", which gives neither size nor direction."


_WORDINGS = {
    "cox": _cox,
    "rmst": _rmst,
    "competing_risks": _competing,
    "interval_censored": _interval,
    "multiverse": _multiverse,
    "log_rank": _log_rank,
}
EVENT_WORDINGS = dict.fromkeys(_WORDINGS, event_sentence)
"""Model to its sentence: ``(content, row)`` to claim and reading."""
