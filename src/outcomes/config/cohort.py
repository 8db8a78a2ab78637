"""What was measured: files, columns, arms as components, instruments, visit windows, what was randomised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictInt, Tag, model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import (
    DAYS_PER,
    CodeColumn,
    CodeList,
    Codes,
    DateSpec,
    Label,
    Name,
    ProjectPath,
    RowFilter,
    TimeSpec,
    TimeUnit,
)
from outcomes.config.files import FileSpec
from outcomes.config.instrument import Instrument
from outcomes.config.measures import VISIT_TO_COLUMN, LongVisits, Measure, Schedule, WideVisits
from outcomes.config.records import AdverseEvents, Exposure, OutcomeEvent, Status
from outcomes.errors import did_you_mean
from outcomes.treatment import Treatment

__all__ = [
    "DAYS_PER", "AdverseEvents", "ArmFromColumn", "ArmFromComponents", "ArmSpec", "CodeColumn", "Cohort",
    "ComponentColumn", "ComponentSpec", "Covariate", "DateSpec", "Exposure", "FileSpec", "LongVisits",
    "Measure", "Name", "OutcomeEvent", "PatientsSpec", "Schedule", "Screening", "Status", "TimeSpec",
    "TimeUnit", "WideVisits",
]  # fmt: skip

RESERVED = (
    "patient_id", "arm", "follow_up_days", "time", "time_days", "score", "visit", "week", "day", "baseline",
    "observed", "reason", "term", "outcome", "value", "person_years", "intercept", "measure", "event", "step",
)  # fmt: skip
"""Columns of tables and analysis frames: a component or covariate cannot be called the same."""


class ComponentSpec(Strict):
    """One component of treatment and whether it was allocated at random."""

    label: Label
    randomised: bool


class ArmSpec(Strict):
    """One arm as the set of its components."""

    label: Label
    components: tuple[Name, ...]


class ComponentColumn(Strict):
    """One component stands in its own column; codes that mean given and not given."""

    column: str
    given: CodeList
    not_given: CodeList

    @model_validator(mode="after")
    def _apart(self) -> ComponentColumn:
        both = [code for code in self.given if code in self.not_given]
        if both:
            raise ValueError(f"code stands under given and under not_given: {', '.join(both)}")
        return self


MissingArm = Literal["error", "exclude"]
"""A patient without an arm is an error, or is left out together with all of that patient's rows."""


class ArmFromColumn(CodeColumn):
    """The arm stands in one column."""

    missing: MissingArm = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the arm is read from."""
        return (self.column,)


class ArmFromComponents(Strict):
    """The arm follows from one column per component."""

    components: dict[Name, ComponentColumn]
    missing: MissingArm = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the arm is read from."""
        return tuple(component.column for component in self.components.values())


def _arm_kind(value: Any) -> str:  # noqa: ANN401 - raw YAML, or a model already built
    raw = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
    return "from_components" if "components" in raw else "from_column"


ArmRule = Annotated[
    Annotated[ArmFromColumn, Tag("from_column")] | Annotated[ArmFromComponents, Tag("from_components")],
    Discriminator(_arm_kind),
]


class Covariate(Strict):
    """A baseline covariate. Categories list their levels in order; the first is the reference."""

    column: str
    kind: Literal["number", "category"]
    label: Label
    unit: Label | None = None
    low: float | None = None
    high: float | None = None
    levels: Codes | None = None

    @model_validator(mode="after")
    def _levels_of_a_category(self) -> Covariate:
        if (self.kind == "category") != (self.levels is not None):
            raise ValueError(
                "a category needs levels (code: printed name, reference first); a number has none"
            )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low lies above high")
        return self


class PatientsSpec(Strict):
    """Where patients stand.

    `rows: visit` says that the file repeats a patient on every visit's row; what is read here must
    then be the same on each, or missing on some.
    """

    file: Name
    id: str
    where: RowFilter = Field(default_factory=dict)
    rows: Literal["patient", "visit"] = "patient"
    arm: ArmRule
    time_zero: DateSpec | None = None
    follow_up: TimeSpec | None = None
    covariates: dict[Name, Covariate] = Field(default_factory=dict)


class Screening(Strict):
    """People before assignment: how many were screened and why some were not assigned."""

    screened: StrictInt = Field(gt=0)
    excluded: dict[Label, Annotated[StrictInt, Field(ge=0)]]


class Cohort(Strict):
    """One cohort file."""

    title: str
    description: str
    source: str
    condition: Literal["depression", "anxiety", "ptsd", "schizophrenia", "bipolar", "other"]
    design: Literal["randomised_trial", "registry"]
    synthetic: bool = False
    truth: ProjectPath | None = None
    components: dict[Name, ComponentSpec]
    arms: dict[Name, ArmSpec]
    files: dict[Name, FileSpec]
    patients: PatientsSpec
    instruments: dict[str, Instrument] = Field(default_factory=dict)
    schedule: Schedule | None = None
    measures: dict[Name, Measure] = Field(default_factory=dict)
    events: dict[Name, OutcomeEvent] = Field(default_factory=dict)
    adverse_events: AdverseEvents | None = None
    exposures: dict[Name, Exposure] = Field(default_factory=dict)
    screening: Screening | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_resolve(self) -> Cohort:
        problems = [
            *self._unknown_components(), *self._unknown_files(), *self._unknown_arms(),
            *self._unplanned_visits(), *self._dates_without_zero(), *self._clashing_names(),
            *self._contradictions(),
        ]  # fmt: skip
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unplanned_visits(self) -> Iterator[str]:
        if self.measures and self.schedule is None:
            yield "measures need a schedule"
            return
        visits = self.schedule.visits if self.schedule else {}
        windows = self.schedule.windows if self.schedule else {}
        for name, measure in self.measures.items():
            if isinstance(measure, WideVisits):
                named = list(measure.visits)
                if not visits.keys() & set(named) and visits.keys() & set(measure.columns.values()):
                    yield f"measures.{name}.columns: {VISIT_TO_COLUMN}"
                    continue
            else:
                named = list(measure.visit.labels.values() if measure.visit else measure.visits or ())
                if measure.visit is None and not windows:
                    yield f"measures.{name}: time without visit codes needs schedule.windows"
                for visit in measure.visits or ():
                    if windows and visit in visits and visit not in windows:
                        yield f"measures.{name}.visits: '{visit}' has no window: add it to schedule.windows"
            for visit in dict.fromkeys(named):
                if visit not in visits:
                    hint = did_you_mean(visit, visits)
                    yield f"measures.{name}: visit '{visit}' is not in the schedule{hint}"

    def _dates_without_zero(self) -> Iterator[str]:
        if self.patients.time_zero is None:
            for key, spec in self.time_columns():
                if spec.format is not None:
                    yield f"{key}: dates need patients.time_zero, the column of each patient's baseline date"

    def time_columns(self) -> Iterator[tuple[str, TimeSpec]]:
        """Yield each column of times that follows `patients.time_zero`, with its key."""
        found: dict[str, TimeSpec | None] = {"patients.follow_up": self.patients.follow_up}
        for name, measure in self.measures.items():
            found[f"measures.{name}.time"] = measure.time if isinstance(measure, LongVisits) else None
        for name, event in self.events.items():
            found |= {f"events.{name}.time": event.time, f"events.{name}.censored_time": event.censored_time}
        if self.adverse_events:
            found["adverse_events.onset"] = self.adverse_events.onset
            found["adverse_events.end"] = self.adverse_events.end
        for name, spell in self.exposures.items():
            found |= {f"exposures.{name}.start": spell.start, f"exposures.{name}.end": spell.end}
        yield from ((key, spec) for key, spec in found.items() if spec is not None)

    def _contradictions(self) -> Iterator[str]:
        if self.design == "randomised_trial" and not any(c.randomised for c in self.components.values()):
            yield "design: a randomised_trial in which no component is randomised: mend one of the two"
        for name, covariate in self.patients.covariates.items():
            if covariate.column in self.patients.arm.columns:
                yield f"patients.covariates.{name}: is read from the column of the arm: remove it"
            for event in self._events_read_from(covariate.column):
                yield f"patients.covariates.{name}: is read from a column of events.{event}: remove it"

        yield from self._shared_scores()

    def _shared_scores(self) -> Iterator[str]:
        """Name each column of total scores that two measures read from the same rows; items may be shared."""
        users: dict[tuple[str, str, str], str] = {}
        for name, measure in self.measures.items():
            if isinstance(measure, WideVisits):
                read = {f"columns.{visit}": column for visit, column in measure.columns.items()}
            else:
                read = {"score": measure.score} if measure.score is not None else {}
            for key, column in read.items():
                place = f"measures.{name}.{key}"
                where = sorted((of, sorted(codes)) for of, codes in measure.where.items())
                visits = [] if isinstance(measure, WideVisits) else [measure.visit, measure.time]
                other = users.setdefault((measure.file, f"{where} {visits}", column), place)
                if other != place:
                    yield f"{place}: column '{column}' is that of {other} already: name the column of each"

    def _events_read_from(self, column: str) -> list[str]:
        """Events of the patients file whose status or time stands in a column."""
        return [
            name for name, event in self.events.items()
            if event.file == self.patients.file and column in event.columns.values()
        ]  # fmt: skip

    def _clashing_names(self) -> Iterator[str]:
        taken = {
            **dict.fromkeys((f"baseline_{name}" for name in self.measures), "a baseline score"),
            **dict.fromkeys(self.arms, "an arm"), **dict.fromkeys(self.components, "a component"),
            **dict.fromkeys(RESERVED, "a column of the tables"),
        }  # fmt: skip
        for name in self.patients.covariates:
            if name in taken:
                yield f"patients.covariates.{name}: the name is taken by {taken[name]}: choose another"
        for name in self.components:
            if name in RESERVED:
                yield f"components.{name}: the name is taken by {taken[name]}: choose another"

    def _unknown_components(self) -> list[str]:
        problems = [
            f"arms.{arm}: unknown component '{name}'{did_you_mean(name, self.components)}"
            for arm, spec in self.arms.items() for name in spec.components if name not in self.components
        ]  # fmt: skip
        problems += [
            f"exposures.{name}: unknown component '{name}'{did_you_mean(name, self.components)}"
            for name in self.exposures if name not in self.components
        ]  # fmt: skip
        problems += [
            f"arms.{arm}: component '{name}' stands there twice: an arm has it or has it not"
            for arm, spec in self.arms.items()
            for name in dict.fromkeys(spec.components) if spec.components.count(name) > 1
        ]  # fmt: skip
        vectors = [frozenset(spec.components) for spec in self.arms.values()]
        if len(set(vectors)) < len(vectors):
            problems.append("arms: two arms have the same components")
        if len(self.arms) < 2:
            problems.append("arms: a comparison needs two arms or more")
        return problems

    def _unknown_files(self) -> list[str]:
        users: dict[str, str] = {"patients": self.patients.file}
        users |= {f"measures.{name}": measure.file for name, measure in self.measures.items()}
        users |= {f"events.{name}": event.file for name, event in self.events.items()}
        users |= {f"exposures.{name}": spell.file for name, spell in self.exposures.items()}
        if self.adverse_events:
            users["adverse_events"] = self.adverse_events.file
        problems = [
            f"files.{name}.number_rows: several files cannot be matched by the numbers of their rows"
            for name, spec in self.files.items() if spec.number_rows is not None and len(self.files) > 1
        ]  # fmt: skip
        problems += [
            f"{user}: unknown file '{file}'{did_you_mean(file, self.files)}"
            for user, file in users.items() if file not in self.files
        ]  # fmt: skip
        return problems + [
            f"files.{name}: nothing in the cohort file reads it"
            for name in self.files
            if name not in users.values()
        ]

    def _unknown_arms(self) -> list[str]:
        rule = self.patients.arm
        if isinstance(rule, CodeColumn):
            named = set(rule.labels.values())
            problems = [
                f"patients.arm.labels: unknown arm '{a}'{did_you_mean(a, self.arms)}"
                for a in sorted(named - set(self.arms))
            ]
            return problems + [
                f"patients.arm.labels: no code for arm '{a}'" for a in self.arms if a not in named
            ]
        missing = [name for name in self.components if name not in rule.components]
        extra = [name for name in rule.components if name not in self.components]
        return [f"patients.arm.components: no column for '{n}'" for n in missing] + [
            f"patients.arm.components: unknown component '{n}'" for n in extra
        ]

    @property
    def treatment(self) -> Treatment:
        """Arms as component vectors in canonical order."""
        return Treatment.from_sets(
            {name: spec.randomised for name, spec in self.components.items()},
            {name: frozenset(spec.components) for name, spec in self.arms.items()},
        )
