"""Patients of a generated cohort: ids, arms, baseline dates, follow-up and covariates."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from raw_files import Sheet, short
from shapes import CODES

if TYPE_CHECKING:
    from cohorts import Generated


def make_ids(made: Generated) -> list[str]:
    """Ids of one look, no two alike but for case."""
    shape, rng = made.shape, made.rng
    numbers = rng.sample(range(1, 999), shape.patients)
    looks = {
        "letters": lambda n, at: "abcdefghijklmnopqrstuvwxyz0123456789ñøßæ"[at],
        "padded": lambda n, at: f"{n:04}",
        "digits": lambda n, at: str(n),
        "long": lambda n, at: f"90071992547{n:09}",
        "unicode": lambda n, at: f"{rng.choice('äéж混')}-{n}",
        "dashes": lambda n, at: f"{rng.choice(['AB', 'CD 1'])}/{n}-{rng.choice('123')}",
    }
    return [looks[shape.ids](n, at) for at, n in enumerate(numbers)]


def code_pool(made: Generated, sheet: Sheet, column: str, n: int) -> list[tuple[str, str]]:
    """Codes as (cell, key of the cohort file); they differ where the file itself labels its codes."""
    shape = made.shape
    if shape.codes == "labels" and sheet.style.format in ("spss", "stata"):
        words = [f"Label {letter}" for letter in "ABCD"[:n]]
        cells = [str(number) for number in range(1, n + 1)]
        sheet.labels[column] = dict(zip(cells, words, strict=True))
        return list(zip(cells, words, strict=True))
    cells = shape.drawn if shape.codes == "drawn" else CODES.get(shape.codes, CODES["words"])
    return [(cell, cell) for cell in cells[:n]]


def add_arms(made: Generated, patients: dict[str, Any]) -> None:
    shape, rng = made.shape, made.rng
    names = list(made.config["components"])
    sets = [[name for at, name in enumerate(names) if bits >> at & 1] for bits in range(2 ** len(names))]
    chosen = rng.sample(sets, min(shape.arms, len(sets)))
    arms = {f"arm_{at}": {"label": f"Arm {at}", "components": members} for at, members in enumerate(chosen)}
    made.config["arms"] = arms
    everyone = made.ids
    for at, patient in enumerate(everyone):
        made.arm[patient] = f"arm_{at}" if at < len(arms) else rng.choice(list(arms))
    assert made.people is not None
    if shape.arm_by == "column":
        column = made.people.column("grp")
        codes = dict(zip(arms, code_pool(made, made.people, column, len(arms)), strict=True))
        patients["arm"] = {"column": column, "labels": {key: arm for arm, (_, key) in codes.items()}}
        for patient in everyone:
            made.person[patient][column] = codes[made.arm[patient]][0]
        columns = [column]
    else:
        rules, columns = {}, []
        for name in names:
            column = made.people.column(f"on_{name}")
            (yes, yes_key), (no, no_key) = code_pool(made, made.people, column, 2)
            rules[name] = {"column": column, "given": [yes_key], "not_given": [no_key]}
            columns.append(column)
            for patient in everyone:
                made.person[patient][column] = yes if name in arms[made.arm[patient]]["components"] else no
        patients["arm"] = {"components": rules}
    made.place["arm"] = made.people, columns[0]
    if shape.unassigned:
        patients["arm"]["missing"] = "exclude"
        for patient in everyone[len(arms) :]:
            if rng.random() < 0.2:
                made.arm[patient] = None
                made.person[patient][rng.choice(columns)] = made.missing()[0]


def add_times(made: Generated, patients: dict[str, Any]) -> None:
    """Baseline dates, where the shape has dates, and follow-up."""
    shape, rng, sheet = made.shape, made.rng, made.people
    assert sheet is not None
    if shape.dates:
        form = shape.zero_format
        column = sheet.column("start", "iso date" if form == "%Y-%m-%d" else "text")
        patients["time_zero"] = {"column": column, "format": form}
        made.place["zero"] = sheet, column
        for patient in made.ids:
            made.zero[patient] = dt.date(2015, 1, 1) + dt.timedelta(days=rng.randint(0, 2500))
            made.person[patient][column] = made.zero[patient].strftime(form)
    column = sheet.column("followed", made.time_kind())
    patients["follow_up"] = made.time(column)
    made.place["follow-up"] = sheet, column
    for patient in made.ids:
        text, days = made.maybe(*made.at(patient, 200, 900))
        made.person[patient][column], made.follow_up[patient] = text, days


def add_covariates(made: Generated, patients: dict[str, Any]) -> None:
    sheet, rng = made.people, made.rng
    assert sheet is not None
    patients["covariates"] = found = {}
    for at in range(made.shape.covariates):
        size, sex = sheet.column(f"size{at}", "number"), sheet.column(f"sex{at}")
        made.place["number"], made.place["category"] = (sheet, size), (sheet, sex)
        levels = {key: f"level {n}" for n, (_, key) in enumerate(code_pool(made, sheet, sex, 3))}
        cells = [cell for cell, _ in code_pool(made, sheet, sex, 3)]
        found[f"size_{at}"] = {
            "column": size,
            "kind": "number",
            "label": "Size",
            "low": 1000 * at,
            "high": 5000,
        }
        found[f"sex_{at}"] = {"column": sex, "kind": "category", "label": "Sex", "levels": levels}
        for patient in made.ids:
            value = made.number(10_000 * at, 50_000, 10)
            level = rng.randrange(3)
            row = made.expected["patients"].setdefault((patient,), {})
            made.person[patient][size], row[f"size_{at}"] = made.maybe(short(value), value)
            made.person[patient][sex], row[f"sex_{at}"] = made.maybe(cells[level], f"level {level}")
