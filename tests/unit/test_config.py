"""Configuration errors: file, key path and remedy; every kind of bad key, nested ones too."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from outcomes.config import Cohort, Plan
from outcomes.config.base import build
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


AGE = {"column": "age", "kind": "number", "label": "Age"}
COX, MIXED = "analyses/relapse_cox", "analyses/score_mixed"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("titel", "x",
         "unknown key 'titel' (did you mean 'title'?). Known: analyses, definitions, multiplicity, "
         "registration, title"),
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
         "analyses.score_mixed.endpoint.kind: model mixed takes endpoint score or change, not 'time_"),
        (f"{COX}/contrasts", 7, "analyses.relapse_cox.contrasts: must be a list"),
        (f"{COX}/contrasts", [["medication", "neither"]] * 2,
         "analyses.relapse_cox.contrasts: stands more than once: medication against neither"),
        (f"{COX}/covariates", ["age", "age"],
         "analyses.relapse_cox.covariates: stands more than once: age"),
        (f"{COX}/strata", ["age", "age"], "analyses.relapse_cox.strata: stands more than once: age"),
        (f"{COX}/covariates", ["treatment"],
         "analyses.relapse_cox: 'treatment' is the name of a test in the results: rename the covariate"),
        (f"{COX}/periods_days", [90, 30], "analyses.relapse_cox.periods_days: days must be rising"),
        (f"{COX}/firth", "yes", "analyses.relapse_cox.firth: unknown value 'yes'"),
        (f"{COX}/conf_level", float("nan"), "analyses.relapse_cox.conf_level: must be a finite number"),
        ("analyses", {}, "analyses: is empty: give one or more"),
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
    what = "model cox takes endpoint time_to_event or derived_event, not 'score'"
    assert told == [f"analyses.relapse_cox.endpoint.kind: {what}"]


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
        ("files/data/format", "xlsx", "files.data.format: unknown value 'xlsx'. Known: csv, "),
        ("files/data/encoding", "utf-9", "files.data.encoding: unknown encoding"),
        ("files/data/encoding", "hex", "files.data.encoding: unknown encoding"),
        ("files/data/delimiter", "tab", "files.data.delimiter: must be one character"),
        ("patients/covariates/age/kind", "category", "patients.covariates.age: a category needs levels"),
        ("patients/covariates/medication", {"column": "m", "kind": "number", "label": "M"},
         "patients.covariates.medication: the name is taken by a component"),
        ("patients/covariates/neither", AGE, "patients.covariates.neither: the name is taken by an arm"),
        ("patients/covariates/score", AGE, "patients.covariates.score: the name is taken by a column"),
        ("patients/covariates/baseline_phq9", AGE,
         "patients.covariates.baseline_phq9: the name is taken by a baseline score"),
        ("components/observed", {"label": "O", "randomised": False},
         "components.observed: the name is taken by a column"),
        ("patients/covariates/age/low", float("inf"), "patients.covariates.age.low: must be a finite number"),
        ("patients/covariates/age/label", "x" * 121,
         "patients.covariates.age.label: must be 120 characters or fewer"),
        ("events/relapse/status/event", 1, "events.relapse.status.event: write a list of codes: [1]"),
        ("events/relapse/status/event", "", "events.relapse.status.event: write a list of codes: []"),
        ("events/relapse/status/event", [], "events.relapse.status: event is empty"),
        ("events/relapse/status/event", {}, "events.relapse.status: event is empty"),
        ("files/data/missing_codes", "NA", "files.data.missing_codes: write a list of codes: [NA]"),
        ("files/data/path", "", "files.data.path: must be a path below the project folder"),
        ("files/data/path", "a\0b", "files.data.path: must be a path below the project folder"),
        ("files/data/path", "x/../../b.csv",
         "files.data.path: path 'x/../../b.csv' leads out of the project folder"),
        ("files/data/path", "/b.csv", "files.data.path: path '/b.csv' leads out of the project folder"),
        ("patients/time_zero", {"column": "f", "format": "%Y-%m-%d %Q"},
         "patients.time_zero.format: unknown in a date format: %Q. Known: "),
        ("patients/time_zero", {"column": "f", "format": "%Y-%m-%d %"},
         "patients.time_zero.format: unknown in a date format: %. Known: "),
        ("patients/time_zero", {"column": "f", "format": "%Y-%m-%d %y"},
         "patients.time_zero.format: stands more than once in the date format: %Y or %y"),
        ("patients/time_zero", {"column": "f", "format": "%d-%m-%Y-%d"},
         "patients.time_zero.format: stands more than once in the date format: %d"),
        ("screening", {"screened": True, "excluded": {}}, "screening.screened: must be a whole number"),
        ("adverse_events",
         {"file": "data", "id": "id", "term": "t", "terms": {}, "onset": {"column": "o", "unit": "day"}},
         "adverse_events.terms: is empty"),
        ("patients/follow_up", {"column": "f"},
         "patients.follow_up: give either unit (numbers) or format (dates)"),
        ("patients/follow_up", {"column": "f", "format": "%Y-%m-%d"},
         "patients.follow_up: dates need patients.time_zero"),
        ("patients/follow_up", {"column": "f", "format": "%Y"},
         "patients.follow_up.format: a date format names year, month and day"),
        ("events/relapse/time", {"column": "t", "format": "%Y-%m-%d"}, "events.relapse.time: dates need"),
        ("events/relapse/status/censored", {1: "end"}, "events.relapse.status: code stands under event and"),
        ("events/relapse/status/censored", {0: "end", "": "lost"},
         "events.relapse.status: an empty cell is no code, and would not be read as one: fill the status in, "
         "or leave such rows out with where: "),
        ("events/relapse/status/event", [1, " "], "events.relapse.status: an empty cell is no code"),
        ("events/relapse/zero_time", "half", "events.relapse.zero_time: unknown value 'half'"),
        ("measures/phq9/layout", "width",
         "measures.phq9.layout: unknown layout 'width' (did you mean 'wide'?)"),
        ("measures/phq9/column", "x", "measures.phq9: unknown key 'column' (did you mean 'columns'?)"),
        ("measures/phq9/columns", {"baseline": "b0", "week_5": "b4"},
         "measures.phq9: visit 'week_5' is not in the schedule (did you mean 'week_4'?)"),
        ("measures/phq9/columns", {"baseline": "b0", "week_4": "b0"},
         "measures.phq9: columns and items give one column to two places"),
        ("measures", {name: {"layout": "wide", "file": "people", "id": "pid", "columns": {"week_4": "b4"},
                             "instrument": "PHQ-9", "label": name} for name in ("phq9", "other")},
         "measures.other.columns.week_4: column 'b4' is that of measures.phq9.columns.week_4 already"),
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
        ("arms/medication/components", ["medication", "medication"],
         "arms.medication: component 'medication' stands there twice: an arm has it or has it not"),
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
    assert build(MainConfig, {"cohorts": {"one_cohort": {"cohort": "c", "plan": "p"}}}, "c").seed == 0
    scale = {
        "name": "n", "condition": "c", "low": 0, "high": 1, "integer": False, "higher_is_better": True,
        "source": "s",
    }  # fmt: skip
    assert build(Instrument, scale, "c").unit == "points"


def test_a_main_configuration_that_cannot_be_meant_is_refused():
    assert problems(MainConfig, {"cohorts": {}}) == ["cohorts: is empty: give one or more"]
    one = {"one_cohort": {"cohort": "../c.yaml", "plan": ""}}
    assert problems(MainConfig, {"cohorts": one, "seed": True}) == [
        "seed: must be a whole number",
        "cohorts.one_cohort.cohort: path '../c.yaml' leads out of the project folder: paths start there",
        "cohorts.one_cohort.plan: must be a path below the project folder",
    ]


def test_an_empty_event_is_never_taken_for_nothing_wrong():
    content = copy.deepcopy(COHORT)
    content["events"]["relapse"]["status"]["event"] = None
    assert problems(Cohort, content) == ["events.relapse.status.event: write a list of codes: [...]"]


def test_an_error_has_a_problem():
    with pytest.raises(ValueError, match="without a problem"):
        ConfigError([])


@pytest.mark.parametrize("days", [[-1, 5], [5, 5], [9, 5]])
def test_days_at_risk_rise_from_zero(days):
    entry = {"model": "kaplan_meier", "endpoint": EVENT, "at_risk_days": days}
    content = changed(PLAN, "analyses", {"one": {"question": "q", "role": "descriptive", **entry}})
    told = problems(Plan, content)
    assert told == ["analyses.one.at_risk_days: days must be 0 or more, and each above the one before"]


def test_a_measure_of_the_baseline_table_stands_once():
    entry = {"model": "baseline_table", "endpoint": {"kind": "baseline", "measures": ["phq9", "phq9"]}}
    content = changed(PLAN, "analyses", {"one": {"question": "q", "role": "descriptive", **entry}})
    assert problems(Plan, content) == ["analyses.one.endpoint.measures: stands more than once: phq9"]


def plan_problems(**entry: Any) -> list[str]:
    spell = {"file": "data", "id": "id", "sessions_offered": "so", "sessions_attended": "sa"}
    cohort = build(Cohort, COHORT | {"exposures": {"medication": spell}}, "c")
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
        ({"model": "mean", "endpoint": {"kind": "adherence", "component": "medication", "of": "days"}},
         "analyses.one.endpoint.of: exposures.medication of the cohort file declares no days: "
         "add days_planned and days_covered there"),
        ({"model": "log_rank", "endpoint": EVENT, "strata": ["age"]},
         "analyses.one.strata: 'age' is a number, and strata are categories: "
         "declare a covariate with levels"),
        ({"model": "cox", "endpoint": EVENT, "subgroups": ["age"]},
         "analyses.one.subgroups: 'age' is a number, and subgroups are the levels of categories: "
         "declare a covariate with levels"),
        ({"model": "cox", "endpoint": EVENT, "cluster": "age"},
         "analyses.one.cluster: 'age' is a number, and clusters are the levels of a category: "
         "declare a covariate with levels"),
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
        {"model": "mean", "endpoint": {"kind": "adherence", "component": "medication", "of": "sessions"}},
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
