"""Measures of a generated cohort: totals, items or changes, in long or wide files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raw_files import Sheet, short

from outcomes.config.fields import DAYS_PER

if TYPE_CHECKING:
    from cohorts import Generated


@dataclass(frozen=True)
class Scale:
    """An instrument as its publication has it; `steps` per point."""

    low: float
    high: float
    steps: int = 1
    items: int = 0
    item_high: int = 3
    reversed_items: tuple[int, ...] = ()
    at_least: int = 0


SCALES = {
    "PHQ-9": Scale(0, 27, items=9, at_least=7),
    "HAM-D17": Scale(0, 52),
    "EQ-5D-5L": Scale(-0.285, 1, steps=1000),
    "Q-LES-Q-SF": Scale(0, 100, steps=2),
    "OWN": Scale(0, 12, items=4, reversed_items=(2, 4), at_least=3),
}
OWN = {
    "name": "A scale of one's own", "condition": "depression", "low": 0, "high": 12, "integer": True,
    "higher_is_better": False, "items": 4, "item_low": 0, "item_high": 3, "reversed_items": [2, 4],
    "prorating": {"at_least": 3, "source": "s"}, "source": "s",
}  # fmt: skip
VISITS = ("baseline", "visit_1", "visit_2", "visit_3")
VISIT_CODES = ("V0", "1", "wk 8", "Últ.")
Cells = dict[str, str]


def add_measures(made: Generated) -> None:
    """Add the schedule and one or two measures, and with them the rows of the patients file."""
    shape = made.shape
    step = {"day": 60, "week": 8, "month": 2}[shape.unit]
    visits = {name: float(step * at) for at, name in enumerate(VISITS[: shape.visits])}
    schedule: dict[str, Any] = {"unit": shape.unit, "visits": visits}
    if shape.matching == "windows" or shape.layout == "by visit":
        quarter = step / 4
        schedule["windows"] = {name: (at - quarter, at + quarter) for name, at in visits.items()}
    made.config["schedule"], made.config["measures"] = schedule, {}
    made.config["instruments"] = {"OWN": OWN}
    if shape.layout in ("long", "by visit"):
        _add_long(made, "people" if shape.layout == "by visit" else "scores")
    else:
        _add_wide(made, "people" if shape.layout == "wide" else "scores", "main", shape.instrument, "c")
    if shape.second:
        _add_wide(made, "second", "second", "Q-LES-Q-SF", "q")
    assert made.people is not None
    if shape.layout == "by visit":
        made.config["patients"]["rows"] = "visit"
    else:
        made.people.rows = [dict(cells) for cells in made.person.values()]


def _expect(made: Generated, patient: str, measure: str, visit: str, **known: Any) -> None:
    schedule = made.config["schedule"]
    week = schedule["visits"][visit] * DAYS_PER[schedule["unit"]] / 7
    row = {"week": week, "day": None, "score": None, "missing_reason": None}
    if made.is_in(patient):
        rows = made.expected["visits"]
        rows[patient, measure, visit] = rows.get((patient, measure, visit), row) | known


class Totals:
    """Cells of one visit's score: a total, the items behind it, or both."""

    def __init__(self, made: Generated, sheet: Sheet, instrument: str, prefix: str, kind: str) -> None:
        self.made, self.scale = made, SCALES[instrument]
        by_items = kind in ("items", "both") and self.scale.items > 0
        self.items = [
            sheet.column(f"{prefix}_i{n}", "number") for n in range(self.scale.items if by_items else 0)
        ]
        self.total = sheet.column(f"{prefix}_total", "number") if kind == "both" or not by_items else None
        if self.total:
            made.place["total"] = sheet, self.total
        if self.items:
            made.place["item"] = sheet, self.items[0]

    def draw(self) -> tuple[Cells, float | None, str | None]:
        """Cells, the score that they mean, and the reason where there is none."""
        if self.made.rng.random() < 0.2:
            cell, reason = self.made.missing()
            return dict.fromkeys([*self.items, *([self.total] if self.total else [])], cell), None, reason
        return self._items() if self.items else self._total()

    def _total(self) -> tuple[Cells, float, None]:
        scale = self.scale
        score = self.made.number(round(scale.low * scale.steps), round(scale.high * scale.steps), scale.steps)
        return {self.total or "": short(score)}, score, None

    def _items(self) -> tuple[Cells, float | None, str | None]:
        made, scale = self.made, self.scale
        answers = [made.rng.randint(0, scale.item_high) for _ in self.items]
        points = [
            scale.item_high - a if n in scale.reversed_items else a for n, a in enumerate(answers, start=1)
        ]
        cells = dict(zip(self.items, map(str, answers), strict=True))
        if self.total:
            return cells | {self.total: str(sum(points))}, sum(points), None
        if made.rng.random() < 0.7:
            return cells, sum(points), None
        # the first item is among those left out, so that the reason of the score is the reason of an item
        left_out = made.rng.randint(1, scale.items - 1)
        cell, reason = made.missing()
        cells |= dict.fromkeys(self.items[:left_out], cell)
        if made.shape.missing_items == "missing" or scale.items - left_out < scale.at_least:
            return cells, None, reason
        return cells, sum(points[left_out:]) * scale.items / (scale.items - left_out), None


def _add_wide(made: Generated, file: str, measure: str, instrument: str, prefix: str) -> None:
    shape, rng, sheet = made.shape, made.rng, made.sheet(file)
    patient_id = made.config["patients"]["id"] if file == "people" else sheet.column("subject")
    visits = [
        visit for visit in made.config["schedule"]["visits"] if visit == "visit_1" or rng.random() < 0.8
    ]
    parts = {
        visit: Totals(made, sheet, instrument, f"{prefix}{VISITS.index(visit)}", shape.scores)
        for visit in visits
    }
    made.config["measures"][measure] = {
        "layout": "wide", "file": file, "id": patient_id, "instrument": instrument, "label": measure,
        "missing_items": shape.missing_items,
        "columns": {visit: part.total for visit, part in parts.items() if part.total},
        "items": {visit: part.items for visit, part in parts.items() if part.items},
    }  # fmt: skip
    for at, patient in enumerate(made.ids):
        cells: Cells = {}
        has_row = file == "people" or at < len(made.config["arms"]) or rng.random() < 0.9
        for visit, part in parts.items():
            _expect(made, patient, measure, visit)
            drawn, score, reason = part.draw()
            cells |= drawn
            if has_row:
                _expect(made, patient, measure, visit, score=score, missing_reason=reason)
        if file == "people":
            made.person[patient].update(cells)
        elif has_row:
            sheet.rows.append({patient_id: patient, **cells})


def _add_long(made: Generated, file: str) -> None:
    shape, rng, sheet = made.shape, made.rng, made.sheet(file)
    by_visit = file == "people"
    patient_id = made.config["patients"]["id"] if by_visit else sheet.column("subject")
    made.place["score id"] = sheet, patient_id
    spec: dict[str, Any] = {"layout": "long", "file": file, "id": patient_id, "label": "main"}
    spec["instrument"] = shape.instrument
    visits = list(made.config["schedule"]["visits"])
    unit = None if shape.dates else "day" if shape.time_unit in ("month", "year") else shape.time_unit
    visit_column, time_column = "", ""
    if shape.matching != "windows":
        visit_column = sheet.column("visit")
        spec["visit"] = {"column": visit_column, "labels": dict(zip(VISIT_CODES, visits, strict=False))}
        made.place["visit"] = sheet, visit_column
    if shape.matching != "codes":
        time_column = sheet.column("seen", made.time_kind(unit))
        spec["time"] = made.time(time_column, unit)
        made.place["seen"] = sheet, time_column
    changes = shape.scores == "change"
    part = Totals(made, sheet, shape.instrument, "s", shape.scores)
    if changes:
        spec |= {"value": "change_from_baseline", "baseline": sheet.column("base", "number")}
    else:
        spec["missing_items"] = shape.missing_items
    spec |= {"score": part.total} if part.total else {}
    spec |= {"items": part.items} if part.items else {}
    made.config["measures"]["main"] = spec
    for at, patient in enumerate(made.ids):
        for visit in visits:
            _expect(made, patient, "main", visit)
        base = part._total()
        had = [visit for visit in visits if rng.random() < 0.7]
        had = had or ([visits[0]] if by_visit or at < len(made.config["arms"]) else [])
        for position, visit in enumerate(had):
            cells, known = _score_of(made, part, base, visit, spec) if changes else _plain(part)
            cells[patient_id] = patient
            if visit_column:
                cells[visit_column] = VISIT_CODES[visits.index(visit)]
            if time_column:
                cells[time_column], known["day"] = _moment(made, patient, visit, unit)
                if visit_column:
                    cells[time_column], known["day"] = made.maybe(cells[time_column], known["day"])
            if by_visit:
                cells = _with_person(made, patient, position) | cells
            sheet.rows.append(cells)
            _expect(made, patient, "main", visit, **known)
        if changes and had:
            _expect(made, patient, "main", visits[0], score=base[1], missing_reason=None)


def _plain(part: Totals) -> tuple[Cells, dict[str, Any]]:
    cells, score, reason = part.draw()
    return cells, {"score": score, "missing_reason": reason}


def _score_of(
    made: Generated, part: Totals, base: tuple[Cells, float, None], visit: str, spec: dict[str, Any]
) -> tuple[Cells, dict[str, Any]]:
    """A change from baseline, beside the baseline score; none at the baseline itself."""
    steps = part.scale.steps
    _, score, _ = part._total()
    if visit == VISITS[0]:
        score = base[1]
    change = (round(score * steps) - round(base[1] * steps)) / steps
    cells = {part.total or "": short(change), spec["baseline"]: short(base[1])}
    known: dict[str, Any] = {"score": score, "missing_reason": None}
    if visit != VISITS[0] and made.rng.random() < 0.2:
        cells[part.total or ""], known["missing_reason"] = made.missing()
        known["score"] = None
    return cells, known


def _moment(made: Generated, patient: str, visit: str, unit: str | None) -> tuple[str, float]:
    """A time in the window of a visit, or near its plan; no follow-up comes before baseline."""
    schedule = made.config["schedule"]
    scale = DAYS_PER[schedule["unit"]]
    planned = schedule["visits"][visit]
    low, high = schedule.get("windows", {}).get(visit, (planned - 1, planned + 1))
    return made.at(patient, low * scale, high * scale, unit)


def _with_person(made: Generated, patient: str, position: int) -> Cells:
    """A patient's own cells, some of them left out on rows but the first."""
    own = dict(made.person[patient])
    if position:
        for column in own:
            if made.rng.random() < 0.1:
                own[column] = made.missing()[0]
    return own
