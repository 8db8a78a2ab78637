"""The page of one cohort: what was asked, who was analysed, the answer, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from outcomes.errors import Note
from outcomes.report.content import ReportContent, Row
from outcomes.report.definitions import definition_tables
from outcomes.report.formats import listed, upper_first
from outcomes.report.lead import Lead, lead_of
from outcomes.report.naming import condition_text, name_of, outcome_text, pair_text, row_term, time_text
from outcomes.report.notes import multiplicity_note
from outcomes.report.question import analyses_table, arms_table, estimand_table, plan_facts
from outcomes.report.rendering import render
from outcomes.report.sections import TITLES, Numbering, build_section, unshown_contrasts
from outcomes.report.sentences import Answer, answers
from outcomes.report.tables import STATUS_WORDS
from outcomes.report.who import patients_by_arm, sizes_table, total_patients
from outcomes.tables import QUANTITIES

ROLES = ("primary", "secondary", "exploratory", "descriptive")
MOST_PLACES = 4


@dataclass(frozen=True)
class AnswerGroup:
    """The sentences of one analysis, and below them what to mind in all that are at a boundary.

    `lead` has the sentences of another measure, where that answers better, with the reason.
    """

    analysis: str
    question: str
    outcome: str
    role: str
    prespecified: bool
    answers: tuple[Answer, ...]
    lead: Lead | None = None

    @property
    def cautions(self) -> tuple[str, ...]:
        """Each caution of the sentences once."""
        return tuple(dict.fromkeys(answer.caution for answer in self.told if answer.caution))

    @property
    def told(self) -> tuple[Answer, ...]:
        """Every sentence, what leads first."""
        return (*(self.lead.answers if self.lead else ()), *self.answers)


@dataclass(frozen=True)
class Notice:
    """What a reader must know before trusting the numbers of some analyses."""

    text: str
    analyses: tuple[str, ...]


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
        table
        for table in (arms_table(content), estimands, *definition_tables(content), analyses_table(content))
        if table is not None
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
        kicker=" · ".join(filter(None, (condition_text(content), content.cohort.design.replace("_", " ")))),
        arms=_arms(content),
        n_patients=total_patients(content),
        plan_facts=plan_facts(content),
        question_tables=question_tables,
        who=who,
        who_sizes=who_sizes,
        planned=[group for group in groups if group.prespecified],
        unplanned=[group for group in groups if not group.prespecified],
        multiplicity=multiplicity_note(content),
        sections=sections,
        details=[
            *next(s for s in built if s.name == "details").blocks,
            *unshown_contrasts(content, numbering),
        ],
        methods=_methods(content),
        notices=notices(content),
        data_notes=[_note_text(note) for note in content.notes if note.level == "note"],
        provenance=tuple(flatten(content.provenance)),
    )


def summarise(content: ReportContent) -> dict[str, Any]:
    """Return what the index shows of a cohort: the fields of `index.IndexEntry`, ready for JSON."""
    primary = [group for group in answer_groups(content) if group.role == "primary" and group.prespecified]
    vectors = content.cohort.treatment.vectors

    def fullest(answer: Answer) -> tuple[int, int]:
        return (-sum(vectors[answer.arm]), -sum(vectors[answer.comparator]))

    def leading(group: AnswerGroup) -> tuple[Answer, ...]:
        return (group.lead.answers if group.lead else ()) or group.answers

    # the index shows the first few: each analysis gets its turn
    turns = zip_longest(*(sorted(leading(group), key=fullest) for group in primary))
    ordered = [answer for turn in turns for answer in turn if answer is not None]
    return {
        "name": content.name,
        "title": content.cohort.title,
        "description": content.cohort.description,
        "condition": condition_text(content),
        "design": content.cohort.design.replace("_", " "),
        "synthetic": content.cohort.synthetic,
        "n_patients": total_patients(content),
        "arms": _arms(content),
        "question": " ".join(group.question for group in primary),
        "answers": [{"text": answer.sentence, "flag": answer.flag} for answer in ordered],
        "cautions": list(dict.fromkeys(caution for group in primary for caution in group.cautions)),
        "n_warnings": len(notices(content)),
        "combined": _has_combined_arm(content),
    }


def _has_combined_arm(content: ReportContent) -> bool:
    """Whether an arm joins what another one has with something else."""
    sets = [frozenset(arm.components) for arm in content.cohort.arms.values()]
    return any(one and one < other for one in sets for other in sets)


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
            lead_of(content, name),
        )
        for name, plan in content.plan.analyses.items()
    ]
    return sorted((g for g in groups if g.answers), key=lambda group: ROLES.index(group.role))


def notices(content: ReportContent) -> list[Notice]:
    """Return every warning of the data, of the fits and of a row, each once, with the rows it speaks of.

    A reason that stands both in a warning and in rows is told where more is said of it.
    """
    found: dict[str, list[str]] = {}
    for analysis in content.plan.analyses:
        facts = content.methods.get(analysis, {})
        warnings = [content.printed(str(text)) for text in facts.get("warnings", ())]
        messages: dict[str, list[Row]] = {}
        for row in content.of_analysis(analysis):
            if row["message"] is not None:
                messages.setdefault(str(row["message"]), []).append(row)
        texts = [warning for warning in warnings if not any(_says(m, warning) for m in messages)]
        for message, rows in messages.items():
            if not any(_says(warning, message) for warning in texts):
                places = _shortened([_place(content, row) for row in rows])
                texts.append(f"{_statuses(rows)}: {message} ({places})")
        for text in dict.fromkeys(texts):
            found.setdefault(text, []).append(analysis)
    data = [Notice(_note_text(note), ()) for note in content.notes if note.level == "warning"]
    return data + [Notice(text, tuple(analyses)) for text, analyses in found.items()]


def _note_text(note: Note) -> str:
    return f"Data: {': '.join(part for part in (note.source, note.where, note.what) if part)}"


def _says(text: str, other: str) -> bool:
    """Whether one text holds all that another says."""
    return other.casefold().rstrip(".") in text.casefold()


def _statuses(rows: Sequence[Row]) -> str:
    words = dict.fromkeys("note" if r["status"] == "ok" else STATUS_WORDS[r["status"]] for r in rows)
    return upper_first(listed(list(words)))


def _place(content: ReportContent, row: Row) -> str:
    parts = [QUANTITIES[row["quantity"]].label]
    parts.append(row_term(content, row))
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
