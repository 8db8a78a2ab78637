"""What was recorded beside scores: outcome events, adverse events and exposures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import CodeList, Codes, Label, Name, RowFilter, TimeSpec


class Status(Strict):
    """Codes of a status column: those that mean the event, and those that mean censored, with why.

    `event` lists its codes, or maps each to a reason in words that the flow then shows. `confirmed` answers
    the question whether the codes mean what they say where the data or the column's name say the opposite.
    """

    column: str
    event: Codes | CodeList
    censored: Codes
    confirmed: bool = False

    @model_validator(mode="after")
    def _apart(self) -> Status:
        if not self.event:
            raise ValueError("event is empty: list the codes that mean the event")
        if any(not code.strip() for code in (*self.event, *self.censored)):
            raise ValueError(
                "an empty cell is no code, and would not be read as one: fill the status in, or leave such "
                "rows out with where: {column: [codes to keep]}"
            )
        both = [code for code in self.event if code in self.censored]
        if both:
            raise ValueError(f"code stands under event and under censored: {', '.join(both)}")
        return self


class OutcomeEvent(Strict):
    """Time from baseline to one event per patient; zero and negative times are errors unless declared.

    `censored_time` is for files with a column for the event and another one for the last contact: times of
    the patients whose status says censored are read from there. A status that is `timed` has no column:
    the patients with a time of the event had it, the others were censored at their `censored_time`.
    """

    label: Label
    file: Name
    id: str
    where: RowFilter = Field(default_factory=dict)
    time: TimeSpec
    censored_time: TimeSpec | None = None
    status: Status | Literal["timed"]
    zero_time: Literal["error", "half_day", "exclude"] = "error"
    negative_time: Literal["error", "exclude"] = "error"
    favourable: bool = False

    @model_validator(mode="after")
    def _last_contact(self) -> OutcomeEvent:
        if self.status == "timed" and self.censored_time is None:
            raise ValueError("status timed needs censored_time: the last contact of those without the event")
        if self.status == "timed" and self.censored_time and self.censored_time.column == self.time.column:
            raise ValueError("status timed: time and censored_time are one column, so nobody is censored")
        return self

    @property
    def columns(self) -> dict[str, str]:
        """Columns of status and times, by their keys."""
        found = {"status.column": self.status.column} if isinstance(self.status, Status) else {}
        found["time.column"] = self.time.column
        return found | ({"censored_time.column": self.censored_time.column} if self.censored_time else {})


class AdverseEvents(Strict):
    """One row per adverse event. An onset before baseline is an error unless excluded.

    An onset after the patient's follow-up is an error unless kept: rates would count the event and not
    the time in which it could happen. `terms` maps the codes of `term` to printed names, and no other term
    may occur; without it every term reaches the release as it stands in the file.
    """

    file: Name
    id: str
    where: RowFilter = Field(default_factory=dict)
    term: str
    terms: Annotated[Codes, Field(min_length=1)] | None = None
    onset: TimeSpec
    end: TimeSpec | None = None
    grade: str | None = None
    negative_time: Literal["error", "exclude"] = "error"
    after_follow_up: Literal["error", "keep"] = "error"


class Exposure(Strict):
    """What of one component was planned and taken; one row per patient and spell."""

    file: Name
    id: str
    where: RowFilter = Field(default_factory=dict)
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
