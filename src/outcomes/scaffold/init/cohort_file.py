"""The cohort file of a study: every guess marked as one, every open question on its own line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from outcomes.scaffold.init.columns import Column, named_levels, summary
from outcomes.scaffold.init.dates import Dates
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.recorded import measure_lines, schedule_lines
from outcomes.scaffold.init.recorded_events import event_lines
from outcomes.scaffold.init.study import Study, hint
from outcomes.scaffold.init.text import code, comment, date_format, fill_in, flow_list, flow_map, guess, text

HEAD = """\
# yaml-language-server: $schema=../schemas/cohort.schema.json
# What was measured. Written by `outcomes init` from the files alone: read every line marked "guess:",
# and answer those marked "TO FILL IN:", without which `outcomes check` does not pass."""
MOST_SHOWN = 40
"""Columns of a file that are described in comments."""
COLUMN_KEYS = ("encoding", "delimiter", "decimal", "sheet", "dictionary", "catalog", "standard")


def cohort_file(study: Study, title: str) -> str:
    """Text of the cohort file."""
    parts = [_head(study, title), _treatment(study), _files(study), _patients(study)]
    parts += [schedule_lines(study), measure_lines(study), event_lines(study)]
    return "\n".join([HEAD, *(line for part in parts for line in part)]) + "\n"


def _head(study: Study, title: str) -> Iterator[str]:
    paths = list(dict.fromkeys(table.spec.path for table in study.tables))
    named = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    yield guess(f"title: {text(title)}", "from the name of the file")
    yield guess('description: ""', "a sentence or two: who was treated with what, and for how long")
    yield guess(f"source: {text(named)}", "give the registration number or the publication")
    if study.condition:
        yield guess(f"condition: {study.condition}", "what the first known instrument measures")
    else:
        yield guess("condition: other", "depression, anxiety, ptsd, schizophrenia, bipolar or other")
    yield fill_in(
        "design:", "randomised_trial or registry; no file says how patients came to their treatment"
    )


def _treatment(study: Study) -> Iterator[str]:
    if study.arms is None:
        example = "{medication: {label: Antidepressant, randomised: true}}"
        yield fill_in("components:", f"the parts of treatment, such as {example}")
        example = (
            "{neither: {label: Placebo, components: []}, medication: {label: Drug, components: [medication]}}"
        )
        yield fill_in("arms:", f"two or more, and the parts of each, such as {example}")
        return
    yield "components:"
    for name, label in study.arms.arms.components.items():
        yield f"  {name}:"
        yield f"    label: {text(label)}"
        asked = f"true if chance decided who got it ({label}), false if not, or if everyone did"
        yield fill_in("    randomised:", asked)
    yield "# Each arm is compared with those before it: fewer components first, then in the order of"
    yield "# components: above. To turn a comparison round, reorder them, or name contrasts: in the plan."
    yield "arms:"
    for name, arm in study.arms.arms.arms.items():
        members = f"[{', '.join(arm.components)}]"
        yield guess(f"  {name}: {{label: {text(arm.label)}, components: {members}}}", arm.why)


def _files(study: Study) -> Iterator[str]:
    yield "files:"
    for table in study.tables:
        used = table.key not in {other.key for other in study.unread}
        lines = [f"  {table.key}:", *(f"    {line}" for line in _file_keys(study, table))]
        if used:
            yield from lines
        else:
            yield f"  # {comment(table.spec.path)} is not read: {hint(table)}"
            yield from (f"  # {line[2:]}" for line in lines)
        yield f"    # {table.rows} rows, {len(table.columns)} columns:"
        for column in list(table.columns.values())[:MOST_SHOWN]:
            yield f"    #   {_described(column, _ids(study, table))}"
        if len(table.columns) > MOST_SHOWN:
            yield f"    #   and {len(table.columns) - MOST_SHOWN} more"
        yield from (f"    # {comment(line)}" for line in study.asides.get(table.key, ()))


def _ids(study: Study, table: Table) -> Column | None:
    identity = study.identities.get(table.key)
    return table.columns.get(identity.column) if identity else None


def _described(column: Column, ids: Column | None) -> str:
    title = f" ({column.title})" if column.title else ""
    return comment(f"{column.name}{title}: {summary(column, ids)}")


def _file_keys(study: Study, table: Table) -> Iterator[str]:
    spec = table.spec
    yield f"path: {text(spec.path)}"
    yield f"format: {spec.format}"
    for key in COLUMN_KEYS:
        value = getattr(spec, key)
        if key in spec.model_fields_set and value is not None and (key != "standard" or value):
            line = f"{key}: {text(value)}"
            yield guess(line, table.guesses[key]) if key in table.guesses else line
    identity = study.identities.get(table.key)
    if identity is not None and identity.added:
        yield guess(f"number_rows: {identity.column}", "no column tells patients apart: each row is one")
    missing = study.missing.get(table.key, {})
    if missing:
        names = ", ".join(dict.fromkeys(name for found in missing.values() for name in found[:3]))
        yield guess(f"missing_codes: {flow_list(missing)}", f"not recorded; found in {names}")
    for value, places in study.doubtful.get(table.key, {}).items():
        told = f"{value} in {', '.join(places[:3])} is probably a missing code, but a value in another column"
        yield f"# {comment(told)}: make it empty there"


def _patients(study: Study) -> Iterator[str]:
    table = study.people
    identity = study.identities[table.key]
    yield "patients:"
    yield f"  file: {table.key}"
    yield guess(f"  id: {text(identity.column)}", identity.why)
    if identity.repeated:
        yield guess("  rows: visit", "patients have several rows")
    yield from _arm(study)
    if study.zero is not None:
        yield "  time_zero:"
        yield _zero_column(study.zero)
        yield date_format("    format:", study.zero.formats)
    if study.follow_up is not None:
        name, unit = study.follow_up
        yield guess(f"  follow_up: {{column: {text(name)}, unit: {unit}}}", "by its name")
    if study.covariates:
        yield "  covariates:"
    for covariate in study.covariates:
        yield f"    {covariate.name}:"
        yield f"      column: {text(covariate.column.name)}"
        yield guess(
            f"      kind: {'category' if covariate.levels else 'number'}",
            "remove it if it is not of baseline",
        )
        yield f"      label: {text(covariate.label)}"
        if covariate.unit:
            yield guess(f"      unit: {covariate.unit}", "by its name")
        if covariate.levels:
            levels = {key: value if value.strip() else key for key, value in covariate.levels.items()}
            yield guess(f"      levels: {flow_map(levels)}", f"{covariate.order}; the first is the reference")
    yield from _afterwards(study.afterwards)
    yield from (f"  # {comment(line)}" for line in study.pairs)
    if study.more_covariates:
        more = comment(", ".join(study.more_covariates[:MOST_SHOWN]))
        yield f"  # more columns that do not change within a patient: {more}"


def _afterwards(found: Mapping[str, list[str]]) -> Iterator[str]:
    if not found:
        return
    yield "  # Open question: what are these columns? By their names they may have been recorded after"
    yield "  # baseline, or be a part of treatment. Declare each under the key before it, or here if it is"
    yield "  # of baseline:"
    for key, names in found.items():
        more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
        yield f"  #   {key}: {comment(', '.join(names[:MOST_SHOWN]))}{more}"


def _zero_column(zero: Dates) -> str:
    others = ", ".join(zero.rivals)
    if not zero.column:
        told = others or "no date that stays the same within a patient was recognised"
        return fill_in("    column:", f"the date that times are counted from: {told}")
    why = "by its name; times are counted from here"
    return guess(f"    column: {text(zero.column)}", f"{why}, and not from {others}" if others else why)


def _arm(study: Study) -> Iterator[str]:
    yield "  arm:"
    if study.arms is None:
        ids = _ids(study, study.people)
        told = {column.name: named_levels(column, ids) for column in study.could_be_arm}
        could = "; ".join(f"{name} ({levels})" if levels else name for name, levels in told.items())
        named = (
            f"of few values are {could}; with one column per component, put components: here instead"
            if could
            else "none of few values stays the same within a patient; is the id right?"
        )
        yield fill_in("    column:", f"the column of the arm; {named}")
        yield fill_in(
            "    labels:", "each code of that column and its arm, such as {0: neither, 1: medication}"
        )
        return
    if study.arms.arms.given:
        yield "    components:"
        for name, (column, given, without) in study.arms.arms.given.items():
            codes = f"given: {flow_list(given)}, not_given: {flow_list(without)}"
            yield guess(f"      {name}: {{column: {text(column)}, {codes}}}", study.arms.why)
    else:
        source = study.arms.columns[0]
        yield guess(f"    column: {text(source.name)}", study.arms.why)
        yield "    labels:"
        for key, name in study.arms.arms.labels.items():
            yield f"      {code(key)}: {name}"
        untold = len(source.levels) - len(source.spoken_levels)
        if untold:
            yield f"      # {untold} more, of one or two patients each, not shown: check names their lines"
    gaps = int(np.logical_or.reduce([~column.filled for column in study.arms.columns]).sum())
    if gaps and not study.identities[study.people.key].repeated:
        yield guess("    missing: exclude", f"{gaps} patients have no arm; with error, check lists them")
