"""What was measured: files, columns, arms as components, instruments, visit windows, what was randomised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from outcomes.config.base import NAME_PATTERN, Strict
from outcomes.treatment import Treatment

DAYS_PER = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
TimeUnit = Literal["day", "week", "month", "year"]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]


def _keys_as_text(value: Any) -> Any:  # noqa: ANN401
    """Codes are text as they stand in the file: ``1:`` in YAML means the cell ``1``."""
    return {str(key): entry for key, entry in value.items()} if isinstance(value, Mapping) else value


def _items_as_text(value: Any) -> Any:  # noqa: ANN401
    return [str(item) for item in value] if isinstance(value, list | tuple) else value


Codes = Annotated[dict[str, str], BeforeValidator(_keys_as_text)]
CodeList = Annotated[tuple[str, ...], BeforeValidator(_items_as_text)]


class FileSpec(Strict):
    """One raw file. `missing_codes` are cells that mean "not recorded"; the empty cell always is."""

    path: str
    format: Literal["csv", "parquet"]
    encoding: str = "utf-8"
    delimiter: str = ","
    missing_codes: CodeList = ()


class ComponentSpec(Strict):
    """One component of treatment and whether it was allocated at random."""

    label: str
    randomised: bool


class ArmSpec(Strict):
    """One arm as the set of its components."""

    label: str
    components: tuple[Name, ...]


class ArmColumn(Strict):
    """The arm stands in one column; `labels` maps each code to an arm."""

    column: str
    labels: Codes


class ComponentColumn(Strict):
    """One component stands in its own column; codes that mean given and not given."""

    column: str
    given: CodeList
    not_given: CodeList


class ArmFromComponents(Strict):
    """The arm follows from one column per component."""

    components: dict[Name, ComponentColumn]


class DateSpec(Strict):
    """A column of calendar dates, with its `strptime` format."""

    column: str
    format: str


class TimeSpec(Strict):
    """A column of times: either numbers in a unit, or dates counted from `patients.time_zero`."""

    column: str
    unit: TimeUnit | None = None
    format: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> TimeSpec:
        if (self.unit is None) == (self.format is None):
            raise ValueError("give either unit (numbers) or format (dates), not both, not neither")
        return self


class Covariate(Strict):
    """A baseline covariate. Categories list their levels in order; the first is the reference."""

    column: str
    kind: Literal["number", "category"]
    label: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    levels: Codes | None = None

    @model_validator(mode="after")
    def _levels_of_a_category(self) -> Covariate:
        if (self.kind == "category") != (self.levels is not None):
            raise ValueError(
                "a category needs levels (code: printed name, reference first); a number has none"
            )
        return self


class PatientsSpec(Strict):
    """Where patients stand.

    `rows: visit` says that the file repeats a patient on every visit's row; what is read here must
    then be the same on each.
    """

    file: Name
    id: str
    rows: Literal["patient", "visit"] = "patient"
    arm: ArmColumn | ArmFromComponents
    time_zero: DateSpec | None = None
    follow_up: TimeSpec | None = None
    covariates: dict[Name, Covariate] = Field(default_factory=dict)


class Schedule(Strict):
    """Planned visits as name: time, the baseline (time 0) first; windows in `unit` match actual times."""

    unit: TimeUnit
    visits: dict[Name, float]
    windows: dict[Name, tuple[float, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Schedule:
        times = list(self.visits.values())
        if not times or times[0] != 0 or any(b <= a for a, b in zip(times, times[1:], strict=False)):
            raise ValueError("visits must start with the baseline at time 0 and then rise")
        unknown = [name for name in self.windows if name not in self.visits]
        if unknown:
            raise ValueError(f"windows name visits that are not planned: {', '.join(unknown)}")
        bounds = [self.windows[name] for name in self.visits if name in self.windows]
        if any(low > high for low, high in bounds) or any(
            a[1] >= b[0] for a, b in zip(bounds, bounds[1:], strict=False)
        ):
            raise ValueError("windows must not overlap, and each must run from low to high")
        return self


class LongVisits(Strict):
    """One row per patient and visit."""

    layout: Literal["long"] = "long"
    file: Name
    id: str
    visit: ArmColumn | None = None
    time: TimeSpec | None = None
    score: str | None = None
    items: tuple[str, ...] = ()
    value: Literal["score", "change_from_baseline"] = "score"
    baseline: str | None = None
    instrument: str
    label: str

    @model_validator(mode="after")
    def _declared(self) -> LongVisits:
        if (self.visit is None) == (self.time is None):
            raise ValueError("give either visit (a column of visit codes) or time (matched by windows)")
        if (self.score is None) == (not self.items):
            raise ValueError("give either score (a total) or items (summed)")
        if self.value == "change_from_baseline" and self.baseline is None:
            raise ValueError("change_from_baseline needs baseline, the column of the baseline score")
        return self


class WideVisits(Strict):
    """One row per patient; one column per visit."""

    layout: Literal["wide"] = "wide"
    file: Name
    id: str
    columns: dict[Name, str]
    instrument: str
    label: str


Measure = Annotated[LongVisits | WideVisits, Field(discriminator="layout")]


class Status(Strict):
    """Codes of a status column: those that mean the event, and those that mean censored, with why."""

    column: str
    event: CodeList
    censored: Codes


class OutcomeEvent(Strict):
    """Time from baseline to one event per patient. Zero and negative times are errors unless a policy is declared."""

    label: str
    file: Name
    id: str
    time: TimeSpec
    status: Status
    zero_time: Literal["error", "half_day", "exclude"] = "error"
    negative_time: Literal["error", "exclude"] = "error"
    favourable: bool = False


class AdverseEvents(Strict):
    """One row per adverse event."""

    file: Name
    id: str
    term: str
    onset: TimeSpec
    end: TimeSpec | None = None
    grade: str | None = None


class Exposure(Strict):
    """What of one component was planned and taken; one row per patient and spell."""

    file: Name
    id: str
    start: TimeSpec | None = None
    end: TimeSpec | None = None
    agent: str | None = None
    dose: str | None = None
    sessions_offered: str | None = None
    sessions_attended: str | None = None
    days_planned: str | None = None
    days_covered: str | None = None

    @model_validator(mode="after")
    def _a_share(self) -> Exposure:
        if (self.sessions_offered is None) != (self.sessions_attended is None):
            raise ValueError("sessions need both sessions_offered and sessions_attended")
        if (self.days_planned is None) != (self.days_covered is None):
            raise ValueError("days need both days_planned and days_covered")
        return self


class Screening(Strict):
    """People before assignment: how many were screened and why some were not assigned."""

    screened: int = Field(gt=0)
    excluded: dict[str, int]


class Cohort(Strict):
    """One cohort file."""

    location_tags: ClassVar[tuple[str, ...]] = ("long", "wide", "ArmColumn", "ArmFromComponents")

    title: str
    description: str
    source: str
    condition: Literal["depression", "anxiety", "ptsd", "schizophrenia", "bipolar", "other"]
    design: Literal["randomised_trial", "registry"]
    synthetic: bool = False
    truth: str | None = None
    components: dict[Name, ComponentSpec]
    arms: dict[Name, ArmSpec]
    files: dict[Name, FileSpec]
    patients: PatientsSpec
    schedule: Schedule | None = None
    measures: dict[Name, Measure] = Field(default_factory=dict)
    events: dict[Name, OutcomeEvent] = Field(default_factory=dict)
    adverse_events: AdverseEvents | None = None
    exposures: dict[Name, Exposure] = Field(default_factory=dict)
    screening: Screening | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_resolve(self) -> Cohort:
        problems = [*self._unknown_components(), *self._unknown_files(), *self._unknown_arms()]
        if self.measures and self.schedule is None:
            problems.append("measures need a schedule")
        visits = set(self.schedule.visits) if self.schedule else set()
        for name, measure in self.measures.items():
            named = set(measure.columns) if isinstance(measure, WideVisits) else (
                set(measure.visit.labels.values()) if measure.visit else set())  # fmt: skip
            problems += [
                f"measures.{name}: visit '{v}' is not in the schedule" for v in sorted(named - visits)
            ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _unknown_components(self) -> list[str]:
        problems = [
            f"arms.{arm}: unknown component '{name}'"
            for arm, spec in self.arms.items() for name in spec.components if name not in self.components
        ]  # fmt: skip
        problems += [
            f"exposures.{name}: unknown component" for name in self.exposures if name not in self.components
        ]
        vectors = [frozenset(spec.components) for spec in self.arms.values()]
        if len(set(vectors)) < len(vectors):
            problems.append("arms: two arms have the same components")
        if len(self.arms) < 2:  # noqa: PLR2004 - a comparison needs two
            problems.append("arms: a comparison needs two arms or more")
        return problems

    def _unknown_files(self) -> list[str]:
        users: dict[str, str] = {"patients": self.patients.file}
        users |= {f"measures.{name}": measure.file for name, measure in self.measures.items()}
        users |= {f"events.{name}": event.file for name, event in self.events.items()}
        users |= {f"exposures.{name}": spell.file for name, spell in self.exposures.items()}
        if self.adverse_events:
            users["adverse_events"] = self.adverse_events.file
        return [f"{user}: unknown file '{file}'" for user, file in users.items() if file not in self.files]

    def _unknown_arms(self) -> list[str]:
        rule = self.patients.arm
        if isinstance(rule, ArmColumn):
            named = set(rule.labels.values())
            problems = [f"patients.arm.labels: unknown arm '{a}'" for a in sorted(named - set(self.arms))]
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
