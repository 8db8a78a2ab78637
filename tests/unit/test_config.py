"""Configuration errors: file, key path and remedy; every kind of bad key, nested ones too."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from outcomes.config import Cohort, Outputs, Plan
from outcomes.config.base import build, load_yaml
from outcomes.config.instrument import Instrument
from outcomes.config.project import MainConfig, check_plan
from outcomes.errors import ConfigError

PLAN: dict[str, Any] = {
    "title": "Plan",
    "multiplicity": {"main": "holm"},
    "analyses": {
        "relapse_cox": {
            "model": "cox", "question": "Which arm relapses later?", "role": "secondary", "family": "main",
            "endpoint": {"kind": "time_to_event", "event": "relapse"},
        },
        "score_mixed": {
            "model": "mixed", "question": "Which arm improves more?", "role": "exploratory",
            "endpoint": {"kind": "score", "measure": "phq9"},
        },
    },
}  # fmt: skip

COHORT: dict[str, Any] = {
    "title": "t", "description": "d", "source": "s", "condition": "depression", "design": "registry",
    "components": {"medication": {"label": "Drug", "randomised": False}},
    "arms": {
        "medication": {"label": "Drug", "components": ["medication"]},
        "neither": {"label": "None", "components": []},
    },
    "files": {"data": {"path": "data.csv", "format": "csv"}},
    "patients": {
        "file": "data", "id": "id", "arm": {"column": "arm", "labels": {0: "neither", 1: "medication"}},
        "covariates": {"age": {"column": "age", "kind": "number", "label": "Age"}},
    },
    "schedule": {"unit": "week", "visits": {"baseline": 0, "week_4": 4}},
    "measures": {
        "phq9": {
            "layout": "wide", "file": "data", "id": "id", "columns": {"baseline": "b0", "week_4": "b4"},
            "instrument": "PHQ-9", "label": "PHQ-9",
        }
    },
    "events": {
        "relapse": {
            "label": "Relapse", "file": "data", "id": "id", "time": {"column": "t", "unit": "day"},
            "status": {"column": "s", "event": [1], "censored": {0: "end"}},
        }
    },
}  # fmt: skip


def changed(content: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a copy with one key set; ``None`` removes it."""
    out = copy.deepcopy(content)
    *parents, last = path.split("/")
    place: Any = out
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return out


def problems(model: type, content: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        build(model, content, "config/file.yaml")
    first, *rest = str(caught.value).splitlines()
    assert first == "config/file.yaml:"
    return [line.removeprefix("  - ") for line in rest]


def test_the_two_examples_are_valid():
    build(Plan, PLAN, "p")
    build(Cohort, COHORT, "c")


COX, MIXED = "analyses/relapse_cox", "analyses/score_mixed"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("titel", "x",
         "unknown key 'titel' (did you mean 'title'?). Known: analyses, multiplicity, registration, title"),
        (f"{COX}/covaraites", [],
         "analyses.relapse_cox: unknown key 'covaraites' (did you mean 'covariates'?)"),
        (f"{COX}/endpoint/evnt", "x",
         "analyses.relapse_cox.endpoint: unknown key 'evnt' (did you mean 'event'?)"),
        (f"{COX}/model", "coxx",
         "analyses.relapse_cox.model: unknown model 'coxx' (did you mean 'cox'?). Known: "),
        (f"{COX}/model", None, "analyses.relapse_cox: needs a model"),
        (f"{COX}/question", None, "analyses.relapse_cox.question: is missing"),
        (f"{COX}/question", 3, "analyses.relapse_cox.question: must be text"),
        (f"{COX}/conf_level", "high", "analyses.relapse_cox.conf_level: must be a number"),
        (f"{COX}/conf_level", 95, "analyses.relapse_cox.conf_level: must be less than 1"),
        (f"{COX}/prespecified", "perhaps", "analyses.relapse_cox.prespecified: must be true or false"),
        (f"{COX}/covariates", "age", "analyses.relapse_cox.covariates: must be a list"),
        (f"{COX}/endpoint", "relapse", "analyses.relapse_cox.endpoint: must be a mapping of keys to values"),
        (f"{COX}/contrasts", "all_pair",
         "analyses.relapse_cox.contrasts: unknown value 'all_pair' (did you mean 'all_pairs'?)"),
        (f"{COX}/contrasts", [["medication"]], "analyses.relapse_cox.contrasts.0.1: is missing"),
        (f"{COX}/role", "primary", "analyses.relapse_cox: a primary analysis states its estimand"),
        (f"{COX}/family", "other", "multiplicity: no method for family other"),
        (f"{MIXED}/method", "remel",
         "analyses.score_mixed.method: unknown value 'remel' (did you mean 'reml'?)"),
        (f"{MIXED}/endpoint/kind", "time_to_event",
         "analyses.score_mixed.endpoint.kind: unknown value 'time_to_event'"),
        ("analyses/Mixed Model", {"model": "cox"},
         "analyses.Mixed Model: names are lower case letters, digits"),
        ("multiplicity/main", "holms", "multiplicity.main: unknown value 'holms' (did you mean 'holm'?)"),
        ("analyses", ["x"], "analyses: must be a mapping of keys to values"),
    ],
)  # fmt: skip
def test_a_bad_key_of_a_plan_is_named_with_its_path(path, value, says):
    told = problems(Plan, changed(PLAN, path, value))
    assert any(line.startswith(says) for line in told), told


def test_a_wrong_word_in_a_union_is_told_once():
    assert len(problems(Plan, changed(PLAN, f"{COX}/contrasts", "all_pair"))) == 1


def test_an_endpoint_of_a_wrong_kind_is_told_once():
    wrong = {"kind": "score", "measure": "phq9", "more": 1}
    told = problems(Plan, changed(PLAN, f"{COX}/endpoint", wrong))
    assert told == ["analyses.relapse_cox.endpoint.kind: unknown value 'score'. Known: time_to_event"]


def test_what_another_analysis_lacks_is_still_told_beside_a_wrong_kind():
    content = changed(changed(PLAN, f"{COX}/endpoint/kind", "score"), f"{MIXED}/endpoint/measure", None)
    assert "analyses.score_mixed.endpoint.measure: is missing" in problems(Plan, content)


def test_every_problem_of_a_file_is_told_in_one_pass():
    content = changed(changed(changed(PLAN, "titel", "x"), f"{COX}/model", "coxx"), f"{MIXED}/role", "main")
    assert len(problems(Plan, content)) == 3


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("patients/arm/colum", "x",
         "patients.arm: unknown key 'colum' (did you mean 'column'?). Known: column, labels"),
        ("patients/arm", {"components": {"medication": {"column": "x", "given": [1]}}},
         "patients.arm.components.medication.not_given: is missing"),
        ("patients/arm", {"components": {"medication": {"column": "x", "given": [1, 0], "not_given": [0]}}},
         "patients.arm.components.medication: code stands under given and under not_given: 0"),
        ("patients/arm", {"components": {"medication": {"column": "x", "given": [1, "1"], "not_given": [0]}}},
         "patients.arm.components.medication.given: stands more than once: 1"),
        ("patients/arm/labels", {1: "medication", "1": "neither"},
         "patients.arm.labels: stands more than once: 1"),
        ("patients/arm/labels", {True: "medication", 0: "neither"},
         "patients.arm.labels: write a code that YAML reads"),
        ("patients/arm/labels", {1: "medication", 0: "nither"},
         "patients.arm.labels: unknown arm 'nither' (did you mean 'neither'?)"),
        ("patients/arm/labels", {1: "medication"}, "patients.arm.labels: no code for arm 'neither'"),
        ("patients/file", "dat", "patients: unknown file 'dat' (did you mean 'data'?)"),
        ("files/spare", {"path": "x.csv", "format": "csv"},
         "files.spare: nothing in the cohort file reads it"),
        ("files/data/format", "xlsx", "files.data.format: unknown value 'xlsx'. Known: csv, parquet"),
        ("files/data/encoding", "utf-9", "files.data.encoding: unknown encoding"),
        ("files/data/encoding", "hex", "files.data.encoding: unknown encoding"),
        ("files/data/delimiter", "tab", "files.data.delimiter: must be one character"),
        ("patients/covariates/age/kind", "category", "patients.covariates.age: a category needs levels"),
        ("patients/covariates/medication", {"column": "m", "kind": "number", "label": "M"},
         "patients.covariates.medication: the name is taken"),
        ("patients/follow_up", {"column": "f"},
         "patients.follow_up: give either unit (numbers) or format (dates)"),
        ("patients/follow_up", {"column": "f", "format": "%Y-%m-%d"},
         "patients.follow_up: dates need patients.time_zero"),
        ("patients/follow_up", {"column": "f", "format": "%Y"},
         "patients.follow_up.format: a date format names year, month and day"),
        ("events/relapse/time", {"column": "t", "format": "%Y-%m-%d"}, "events.relapse.time: dates need"),
        ("events/relapse/status/censored", {1: "end"}, "events.relapse.status: code stands under event and"),
        ("events/relapse/zero_time", "half", "events.relapse.zero_time: unknown value 'half'"),
        ("measures/phq9/layout", "width",
         "measures.phq9.layout: unknown layout 'width' (did you mean 'wide'?)"),
        ("measures/phq9/column", "x", "measures.phq9: unknown key 'column' (did you mean 'columns'?)"),
        ("measures/phq9/columns", {"baseline": "b0", "week_5": "b4"},
         "measures.phq9: visit 'week_5' is not in the schedule (did you mean 'week_4'?)"),
        ("measures/phq9/columns", {"baseline": "b0", "week_4": "b0"},
         "measures.phq9: columns gives one column to two"),
        ("measures/phq9/columns", {"b.0": "baseline", "b.4": "week_4"},
         "measures.phq9.columns: maps visit: column"),
        ("measures/phq9/columns", {"pre": "baseline", "post": "week_4"},
         "measures.phq9.columns: maps visit: column"),
        ("measures/phq9/instrument", {"name": "PHQ-9"},
         "measures.phq9.instrument: name an instrument of the catalogue, or one that you declare under "
         "instruments:"),
        ("patients/arm/labels", {"neither": 0, "medication": 1},
         "patients.arm.labels: maps code: name"),
        ("patients/arm/missing", "drop", "patients.arm.missing: unknown value 'drop'"),
        ("schedule", None, "measures need a schedule"),
        ("schedule/visits", {"baseline": 0, "week_4": "four"}, "schedule.visits.week_4: must be a number"),
        ("schedule/visits", {"baseline": 1, "week_4": 4},
         "schedule: visits must start with the baseline at time 0"),
        ("schedule/windows", {"week_4": [2, 5, 6]}, "schedule.windows.week_4: "),
        ("arms/medication/components", ["medicaton"],
         "arms.medication: unknown component 'medicaton' (did you mean 'medication'?)"),
        ("arms/neither/components", ["medication"], "arms: two arms have the same components"),
        ("exposures", {"talk": {"file": "data", "id": "id"}}, "exposures.talk: unknown component 'talk'"),
        ("screening", {"screened": 9, "excluded": {"declined": -1}},
         "screening.excluded.declined: must be greater than or equal to 0"),
        ("components/medication/randomised", "maybe",
         "components.medication.randomised: must be true or false"),
    ],
)  # fmt: skip
def test_a_bad_key_of_a_cohort_file_is_named_with_its_path(path, value, says):
    told = problems(Cohort, changed(COHORT, path, value))
    assert any(line.startswith(says) for line in told), told


def test_columns_the_wrong_way_round_are_told_once():
    for columns in ({"b.0": "baseline", "b.4": "week_4"}, {"pre": "baseline", "post": "week_4"}):
        assert len(problems(Cohort, changed(COHORT, "measures/phq9/columns", columns))) == 1


def test_the_seed_has_a_default_and_an_instrument_a_unit():
    assert build(MainConfig, {"cohorts": {}}, "c").seed == 0
    scale = {
        "name": "n", "condition": "c", "low": 0, "high": 1, "integer": False, "higher_is_better": True,
        "source": "s",
    }  # fmt: skip
    assert build(Instrument, scale, "c").unit == "points"


def plan_problems(**entry: Any) -> list[str]:
    cohort = build(Cohort, COHORT, "c")
    plan = build(
        Plan, changed(PLAN, "analyses", {"one": {"question": "q", "role": "descriptive", **entry}}), "p"
    )
    return [f"{problem.where}: {problem.what}" for problem in check_plan(plan, cohort, "p")]


SCORE, EVENT = {"kind": "score", "measure": "phq9"}, {"kind": "time_to_event", "event": "relapse"}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"model": "baseline_table", "endpoint": {"kind": "baseline"}, "population": "completers"},
         "analyses.one.population: baseline_table describes everyone assigned: use all_assigned"),
        ({"model": "participant_flow", "endpoint": {"kind": "flow", "measure": "phq9"},
          "population": "completers"},
         "analyses.one.population: participant_flow describes everyone assigned: use all_assigned"),
        ({"model": "participant_flow", "endpoint": {"kind": "flow", "measure": "phq9"}, "family": "main"},
         "analyses.one.family: participant_flow has no p-values that a family could adjust: remove family"),
        ({"model": "kaplan_meier", "endpoint": EVENT, "family": "main"},
         "analyses.one.family: kaplan_meier has no p-values that a family could adjust: remove family"),
        ({"model": "mixed", "endpoint": SCORE, "population": "with_follow_up"},
         "analyses.one.population: 'with_follow_up' rests on an event, and the endpoint has none: "
         "use all_assigned"),
        ({"model": "cox", "endpoint": EVENT, "population": "completers"},
         "analyses.one.population: 'completers' rests on a measure, and the endpoint has none: "
         "use all_assigned"),
    ],
)  # fmt: skip
def test_a_population_or_family_that_cannot_be_meant_is_refused(entry, says):
    assert plan_problems(**entry) == [says]


@pytest.mark.parametrize(
    "entry",
    [
        {"model": "mixed", "endpoint": SCORE, "population": "completers", "family": "main"},
        {"model": "cox", "endpoint": EVENT, "population": "with_follow_up", "family": "main"},
    ],
)
def test_a_population_that_the_endpoint_can_tell_is_accepted(entry):
    assert plan_problems(**entry) == []


def test_time_without_visit_codes_needs_windows():
    measure = {
        "layout": "long", "file": "data", "id": "id", "time": {"column": "t", "unit": "day"}, "score": "b",
        "instrument": "PHQ-9", "label": "PHQ-9",
    }  # fmt: skip
    told = problems(Cohort, changed(COHORT, "measures/phq9", measure))
    assert told == ["measures.phq9: time without visit codes needs schedule.windows"]


def test_a_wrong_key_of_a_filter_is_answered_with_its_neighbour():
    figure = {"kind": "forest", "section": "who", "caption": "c", "where": {"analysi": "x"}}
    told = problems(Outputs, {"figures": {"forest": figure}, "tables": {}})
    assert told[0].startswith(
        "figures.forest.where.analysi: unknown value 'analysi' (did you mean 'analysis'?)"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: a\ntitle: b\n", "key 'title' stands twice (lines 1 and 2): keep one"),
        ("arms:\n  both: 1\n  both: 2\n", "key 'both' stands twice (lines 2 and 3): keep one"),
        ("a: &x 1\nb: *x\n", "aliases (*name) are not allowed"),
        ("- a\n- b\n", "must be a mapping of keys to values"),
        ("", "must be a mapping of keys to values"),
        ("a: [1, 2\n", "line 2: "),
        ("a: !!python/name:os.system x\n", "line 1: could not determine a constructor"),
    ],
)
def test_yaml_that_cannot_be_meant_is_refused_with_its_line(tmp_path, text, says):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, "config/c.yaml")
    assert str(caught.value).startswith("config/c.yaml:\n")
    assert says in str(caught.value)


def test_a_missing_or_unreadable_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"config/c\.yaml:\n  - no such file"):
        load_yaml(tmp_path / "c.yaml", "config/c.yaml")
    (tmp_path / "c.yaml").write_bytes(b"title: \xff\xfe\n")
    with pytest.raises(ConfigError, match="cannot be read as UTF-8 text"):
        load_yaml(tmp_path / "c.yaml", "config/c.yaml")


def test_yaml_words_stay_as_written(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "a: No\nb: 001\nc: 2020-01-01\nd: yes\ne: 1e3\nf: true\ng: 12:30\nh: 0x1F\n"
    )
    assert load_yaml(tmp_path / "c.yaml", "c") == {
        "a": "No", "b": "001", "c": "2020-01-01", "d": "yes", "e": 1000.0, "f": True, "g": "12:30",
        "h": "0x1F",
    }  # fmt: skip
