"""The page of one cohort: what was asked, who was analysed, the answer, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from outcomes.report.content import ReportContent
from outcomes.report.formats import upper_first
from outcomes.report.naming import name_of, outcome_text, pair_text, term_text, time_text
from outcomes.report.question import analyses_table, arms_table, estimand_table, plan_facts
from outcomes.report.rendering import render
from outcomes.report.sections import TITLES, Numbering, build_section, unshown_contrasts
from outcomes.report.sentences import Answer, answers
from outcomes.report.who import patients_by_arm, sizes_table, total_patients
from outcomes.tables import QUANTITIES

ROLES = ("primary", "secondary", "exploratory", "descriptive")
MOST_PLACES = 4


@dataclass(frozen=True)
class AnswerGroup:
    """The sentences of one analysis."""

    analysis: str
    question: str
    outcome: str
    role: str
    prespecified: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Notices:
    """What a reader must know before trusting the numbers of one analysis."""

    analysis: str
    texts: tuple[str, ...]


def render_report(content: ReportContent) -> str:
    """Return the page as one self-contained HTML text: no script, nothing loaded from elsewhere.

    Parameters
    ----------
    content : ReportContent
        Rows of `estimates` with the configuration and figures that they belong to.

    Returns
    -------
    str
        The same content gives the same bytes; nothing of configuration or data can become markup.
    """
    numbering = Numbering()
    estimands = estimand_table(content)
    asked = [
        table for table in (arms_table(content), estimands, analyses_table(content)) if table is not None
    ]
    question_tables = [numbering.table(table) for table in asked]
    sizes = sizes_table(content, "Patients in each analysis")
    who = build_section(content, "who", numbering)
    who_sizes = None if sizes is None else numbering.table(sizes)
    built = [build_section(content, name, numbering) for name in TITLES]
    sections = [section for section in built if section.blocks and section.name != "details"]
    groups = answer_groups(content)
    return render(
        "report.html.j2",
        content=content,
        cohort=content.cohort,
        kicker=f"{upper_first(content.cohort.condition)} · {content.cohort.design.replace('_', ' ')}",
        arms=_arms(content),
        n_patients=total_patients(content),
        plan_facts=plan_facts(content),
        question_tables=question_tables,
        who=who,
        who_sizes=who_sizes,
        planned=[group for group in groups if group.prespecified],
        unplanned=[group for group in groups if not group.prespecified],
        sections=sections,
        details=[
            *next(s for s in built if s.name == "details").blocks,
            *unshown_contrasts(content, numbering),
        ],
        methods=_methods(content),
        notices=notices(content),
        provenance=tuple(flatten(content.provenance)),
    )


def summarise(content: ReportContent) -> dict[str, Any]:
    """Return what the index shows of a cohort: the fields of `index.IndexEntry`, ready for JSON."""
    primary = [group for group in answer_groups(content) if group.role == "primary" and group.prespecified]
    vectors = content.cohort.treatment.vectors

    def fullest(answer: Answer) -> tuple[int, int]:
        return (-sum(vectors[answer.arm]), -sum(vectors[answer.comparator]))

    # the index shows the first few: each analysis gets its turn
    turns = zip_longest(*(sorted(group.answers, key=fullest) for group in primary))
    ordered = [answer for turn in turns for answer in turn if answer is not None]
    return {
        "name": content.name,
        "title": content.cohort.title,
        "description": content.cohort.description,
        "condition": content.cohort.condition,
        "design": content.cohort.design.replace("_", " "),
        "synthetic": content.cohort.synthetic,
        "n_patients": total_patients(content),
        "arms": _arms(content),
        "question": " ".join(group.question for group in primary),
        "answers": [
            {"text": f"{a.claim} ({a.numbers})." if a.numbers else f"{a.claim}{a.reading}", "flag": a.flag}
            for a in ordered
        ],
        "n_warnings": sum(len(notice.texts) for notice in notices(content)),
    }


def answer_groups(content: ReportContent) -> list[AnswerGroup]:
    """Return the sentences by analysis, primary analyses first, else in plan order."""
    groups = [
        AnswerGroup(
            name,
            plan.question,
            outcome_text(content, name),
            plan.role,
            plan.prespecified,
            answers(content, name),
        )
        for name, plan in content.plan.analyses.items()
    ]
    return sorted((g for g in groups if g.answers), key=lambda group: ROLES.index(group.role))


def notices(content: ReportContent) -> list[Notices]:
    """Return every warning of the fits and every message of a row, each once, with the rows it speaks of."""
    found = []
    for analysis in content.plan.analyses:
        facts = content.methods.get(analysis, {})
        texts = [str(text) for text in facts.get("warnings", ())]
        places: dict[tuple[str, str], list[str]] = {}
        for row in content.of_analysis(analysis):
            if row["message"] is not None:
                status = "note" if row["status"] == "ok" else str(row["status"]).replace("_", " ")
                key = (status, str(row["message"]))
                places.setdefault(key, []).append(_place(content, row))
        for (status, message), rows in places.items():
            texts.append(f"{upper_first(status)}: {message} ({_shortened(rows)})")
        if texts:
            found.append(Notices(analysis, tuple(dict.fromkeys(texts))))
    return found


def _place(content: ReportContent, row: Mapping[str, Any]) -> str:
    parts = [QUANTITIES[row["quantity"]].label]
    if row["term"]:
        parts.append(term_text(content, row["term"]))
    if row["arm"]:
        pair = row["comparator"] is not None
        parts.append(
            pair_text(content, row["arm"], row["comparator"]) if pair else name_of(content, row["arm"])
        )
    parts.append(time_text(content, row))
    return ", ".join(part for part in parts if part)


def _shortened(places: list[str]) -> str:
    shown = "; ".join(places[:MOST_PLACES])
    more = len(places) - MOST_PLACES
    return f"{shown}; and {more} more" if more > 0 else shown


def _arms(content: ReportContent) -> list[dict[str, str | int | None]]:
    sizes = patients_by_arm(content)
    return [
        {"label": name_of(content, arm), "colour": content.arm_colours.get(arm, ""), "n": sizes[arm]}
        for arm in content.cohort.treatment.arms
    ]


def _methods(content: ReportContent) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Return name, outcome and facts of each analysis that says how it was run."""
    found = []
    for analysis in content.plan.analyses:
        facts = content.methods.get(analysis, {}).get("methods", {})
        if facts:
            pairs = tuple((str(label), str(text)) for label, text in facts.items())
            found.append((analysis, outcome_text(content, analysis), pairs))
    return found


def flatten(value: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield nested provenance as ``("inputs · data/trial.csv", "…")``."""
    for key, entry in value.items():
        place = (*path, str(key).replace("_", " ") if not path else str(key))
        if isinstance(entry, Mapping):
            yield from flatten(entry, place)
        else:
            several = isinstance(entry, list | tuple)
            yield " · ".join(place), ", ".join(map(str, entry)) if several else str(entry)
