"""One plain sentence per pre-specified contrast, from its row of `estimates`.

A sentence states the estimate, its interval and its p-value, which way is better, and, where the interval
holds "no difference", the whole range that the data are compatible with; where only adjustment for
multiplicity takes the evidence away, it says that. It never calls a result significant
nor an effect absent (Wasserstein, Schirm & Lazar 2019, Am Stat 73(sup1):1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from outcomes.config.headlines import Headline, headline_of
from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.event_sentences import EVENT_WORDINGS
from outcomes.report.formats import (
    level_text,
    p_statement,
)
from outcomes.report.naming import (
    arm_in_sentence,
    component_name,
    endpoint_part,
    event_name,
    instrument_of,
    name_of,
    observational_note,
    time_text,
)
from outcomes.report.notes import METHOD_NAMES
from outcomes.report.readings import SAME, amount_text, difference_words, pair_in_sentence, reading_of
from outcomes.tables import QUANTITIES
from outcomes.wording import mid_sentence

ADDITIVE = ", if the effects of the components add up"
Wording = Callable[[ReportContent, Row], tuple[str, str]]
NO_ROW = "the table of estimates has no row for it"


@dataclass(frozen=True)
class Answer:
    """One sentence in parts.

    Attributes
    ----------
    claim, numbers, reading : str
        What was estimated; estimate, interval and test; direction and range. `numbers` may be empty.
    flag : str
        Says that the comparison was not randomised, where it was not.
    line : int or None
        Line of the row in `estimates.csv`.
    caution : str
        What to mind where the fit stands at a boundary; printed once for all sentences of an analysis.
    """

    analysis: str
    arm: str
    comparator: str
    status: str
    claim: str
    numbers: str
    reading: str
    flag: str
    line: int | None
    caution: str = ""

    @property
    def sentence(self) -> str:
        """The whole sentence without its flag."""
        numbers = f" ({self.numbers})" if self.numbers else ""
        return f"{self.claim}{numbers}{self.reading}"

    @property
    def text(self) -> str:
        """The whole sentence with its flag."""
        return f"{self.sentence} {self.flag}." if self.flag else self.sentence


def answers(content: ReportContent, analysis: str) -> tuple[Answer, ...]:
    """Return one sentence per contrast that the plan asks of an analysis; none for a model that describes."""
    headline = headline_of(content.plan.analyses[analysis])
    if headline is None:
        return ()
    return answers_by(content, analysis, headline, WORDINGS[content.plan.analyses[analysis].model])


def answers_by(
    content: ReportContent, analysis: str, headline: Headline, wording: Wording
) -> tuple[Answer, ...]:
    """Return one sentence per contrast that the plan asks of an analysis, from its rows of a headline."""
    rows = headline_rows(content, analysis, headline)
    asked = content.plan.analyses[analysis].pairs(content.cohort.treatment)
    found: list[Answer] = []
    for pair in asked:
        answer = _answer(content, analysis, headline.quantity, wording, pair, rows.get(pair))
        told = not answer.numbers and any(answer.reading == earlier.reading for earlier in found)
        found.append(replace(answer, reading=", for the same reason.") if told else answer)
    return tuple(found)


def headline_rows(content: ReportContent, analysis: str, headline: Headline) -> dict[tuple[str, str], Row]:
    """Return the row that answers, by pair: of several times, the last of the analysis."""
    rows = [
        row for row in content.of_analysis(analysis)
        if (row["quantity"], row["term"]) == (headline.quantity, headline.term)
        and row["arm"] and row["comparator"]
    ]  # fmt: skip
    times = [row["time"] for row in rows if row["time"] is not None]
    last = max(times) if times else None
    return {(row["arm"], row["comparator"]): row for row in rows if row["time"] in (None, last)}


def _answer(
    content: ReportContent,
    analysis: str,
    quantity: str,
    wording: Wording,
    pair: tuple[str, str],
    row: Row | None,
) -> Answer:
    flag = observational_note(content, *pair)
    instead = None if row is None or has_numbers(row) else _penalised(content, analysis, quantity, pair)
    if row is not None and instead is not None:
        claim, reading = wording(content, instead)
        why = str(row["message"]).partition("; ")[0].rstrip(".")
        return Answer(
            analysis, *pair, "boundary", f"By Firth's penalised likelihood, {claim[:1].lower()}{claim[1:]}",
            _numbers(content, instead), reading, flag, int(instead["line"]),
            f"The ordinary {mid_sentence(QUANTITIES[quantity].label)} cannot be estimated: {why}.",
        )  # fmt: skip
    if row is None or not has_numbers(row):
        status = "not_estimable" if row is None else str(row["status"])
        reason = NO_ROW if row is None else str(row["message"])
        claim = _cannot(content, analysis, quantity, pair, status, row)
        line = None if row is None else int(row["line"])
        return Answer(analysis, *pair, status, claim, "", f": {reason.rstrip('.')}.", flag, line)
    claim, reading = wording(content, row)
    caution = f"Read with care: {str(row['message']).rstrip('.')}." if row["status"] == "boundary" else ""
    return Answer(
        analysis, *pair, str(row["status"]), claim, _numbers(content, row), reading, flag, int(row["line"]),
        caution,
    )  # fmt: skip


def _penalised(content: ReportContent, analysis: str, quantity: str, pair: tuple[str, str]) -> Row | None:
    """Return the penalised hazard ratio of a pair, to which the ordinary one gives way, if there is one."""
    if quantity != "hazard_ratio":
        return None
    rows = headline_rows(content, analysis, Headline("penalised_hazard_ratio"))
    row = rows.get(pair)
    return row if row is not None and has_numbers(row) else None


def _cannot(
    content: ReportContent, analysis: str, quantity: str, pair: tuple[str, str], status: str, row: Row | None
) -> str:
    arm, comparator = (arm_in_sentence(content, name) for name in pair)
    label = mid_sentence(QUANTITIES[quantity].label)
    when = f" at {time_text(content, row)}" if row is not None and row["time"] is not None else ""
    of = mid_sentence(_subject(content, analysis))
    why = " (the fit did not converge)" if status == "not_converged" else ""
    return f"For {of}, the {label} of {arm} against {comparator}{when} cannot be estimated{why}"


def _subject(content: ReportContent, analysis: str) -> str:
    if content.plan.analyses[analysis].endpoint.kind == "dropout":
        return "dropout"
    if component := endpoint_part(content, analysis, "component"):
        return component_name(content, component)
    measure = endpoint_part(content, analysis, "measure")
    return name_of(content, measure) if measure else event_name(content, analysis)


def _numbers(content: ReportContent, row: Row) -> str:
    """Estimate with its interval, p-value, and adjusted p-value with the method's name."""
    form = content.format_of(row)
    label = mid_sentence(QUANTITIES[row["quantity"]].label)
    parts = [f"{label} {form.quantity(row['estimate'])}"]
    if row["quantity"] == "log_rank_chi_square" and row["df"] is not None:
        parts = [f"{label} {form.number(row['estimate'])} on {row['df']:.0f} df"]
    if row["ci_low"] is not None:
        parts[0] += f", {level_text(row['conf_level'])} {form.interval(row['ci_low'], row['ci_high'])}"
    if row["p_value"] is not None:
        parts.append(p_statement(row["p_value"]))
    method = content.plan.multiplicity.get(row["family"] or "", "none")
    if row["p_adjusted"] is not None and method in METHOD_NAMES:
        family = str(row["family"]).replace("_", " ")
        parts.append(f"{METHOD_NAMES[method]}-adjusted {p_statement(row['p_adjusted'])} in family {family}")
    return "; ".join(parts)


def _mixed(content: ReportContent, row: Row) -> tuple[str, str]:
    analysis = row["analysis"]
    arm, comparator = pair_in_sentence(content, row)
    subject = mid_sentence(_subject(content, analysis))
    change = content.plan.analyses[analysis].endpoint.kind == "change"
    mean = f"mean change in {subject} from baseline" if change else f"mean {_as_score(subject)}"
    when = f"At {time_text(content, row)}" if row["time"] is not None else "Averaged over the planned visits"
    when += ADDITIVE if getattr(content.plan.analyses[analysis], "predictors", "arms") == "components" else ""
    form = content.format_of(row)
    amount = form.quantity(abs(row["estimate"]))
    if form.number(row["estimate"]) == form.number(0.0):
        claim = f"{when}, the {mean} {SAME} with {arm} and with {comparator}"
    else:
        words = amount_text(amount, row["estimate"], ("lower", "higher"))
        claim = f"{when}, the {mean} was {words} with {arm} than with {comparator}"
    instrument = instrument_of(content, analysis)
    if instrument is None:
        return claim, "."
    higher = instrument.higher_is_better
    better = f"{'higher' if higher else 'lower'} scores are better"
    amounts = difference_words(content, row, ("lower", "higher"))
    return claim, reading_of(content, row, better, higher=higher, amounts=amounts)


def _as_score(subject: str) -> str:
    """``"PHQ-9 score"``; a name that ends in the word says it already."""
    return subject if subject.casefold().endswith("score") else f"{subject} score"


def _share(content: ReportContent, row: Row, what: str, better: str, *, higher: bool) -> tuple[str, str]:
    arm, comparator = pair_in_sentence(content, row)
    form = content.format_of(row)
    words = amount_text(form.quantity(abs(row["estimate"])), row["estimate"], ("lower", "higher"))
    if form.number(row["estimate"]) == form.number(0.0):
        claim = f"{what} {SAME} with {arm} and with {comparator}"
    else:
        claim = f"{what} was {words} with {arm} than with {comparator}"
    amounts = difference_words(content, row, ("lower", "higher"))
    return claim, reading_of(content, row, better, higher=higher, amounts=amounts)


def _dropout(content: ReportContent, row: Row) -> tuple[str, str]:
    subject = mid_sentence(name_of(content, endpoint_part(content, row["analysis"], "measure") or ""))
    what = f"The share of patients with no {_as_score(subject)} at the last planned visit"
    return _share(content, row, what, "less dropout is better", higher=False)


def _adherence(content: ReportContent, row: Row) -> tuple[str, str]:
    endpoint = content.plan.analyses[row["analysis"]].endpoint
    component = mid_sentence(_subject(content, row["analysis"]))
    done = "sessions attended" if getattr(endpoint, "of", "") == "sessions" else "days covered"
    what = f"The mean share of planned {component} {done}"
    return _share(content, row, what, "higher adherence is better", higher=True)


WORDINGS: dict[str, Wording] = {
    "mmrm": _mixed,
    "mixed": _mixed,
    "proportion": _dropout,
    "mean": _adherence,
    **EVENT_WORDINGS,
}
"""Model to its sentence: ``(content, row)`` to claim and reading; the keys are those of `HEADLINES`."""
