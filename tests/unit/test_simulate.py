"""The synthetic trial: same seed same bytes, raw files like a trial's, read by ingest."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from outcomes.config.base import build, load_yaml
from outcomes.config.cohort import Cohort, WideVisits
from outcomes.ingest import read_cohort
from outcomes.instruments import load_catalogue
from outcomes.simulate import parameters as par
from outcomes.simulate.draws import uniforms
from outcomes.simulate.trial import MISSING_CODE, SimulatedTrial, simulate_trial, write_trial
from outcomes.simulate.truth import true_values

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "data" / "synthetic_trial"
COHORT_FILE = "config/cohorts/synthetic_trial.yaml"
SEED, PATIENTS = 20260101, 480
LARGE = 5_000
ITEMS = [f"phq9_{k}" for k in range(1, 10)]


@pytest.fixture(scope="module")
def trial() -> SimulatedTrial:
    return simulate_trial(SEED, PATIENTS)


@pytest.fixture(scope="module")
def large() -> SimulatedTrial:
    return simulate_trial(7, LARGE)


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.DataFrame(true_values())


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return build(Cohort, load_yaml(ROOT / COHORT_FILE, COHORT_FILE), COHORT_FILE)


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".yaml")}


# ---- files


def test_same_seed_same_bytes_other_seed_other_people_same_truth(trial, tmp_path):
    write_trial(trial, tmp_path / "one")
    write_trial(simulate_trial(SEED, PATIENTS), tmp_path / "two")
    write_trial(simulate_trial(SEED + 1, PATIENTS), tmp_path / "three")
    one, two, three = (folder_bytes(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert {name for name in one if one[name] == three[name]} == {"truth.yaml"}


def test_committed_cohort_is_what_the_command_makes(trial, tmp_path):
    write_trial(trial, tmp_path)
    assert folder_bytes(COMMITTED) == folder_bytes(tmp_path)


def test_random_stream_is_pinned():
    """The 53 high bits of PCG64's raw output, which numpy guarantees, seeded by root and stage name."""
    raw = np.random.PCG64(np.random.SeedSequence([1, zlib.crc32(b"age")])).random_raw(4)
    expected = [((int(bits) >> 11) + 0.5) / 2**53 for bits in raw]
    assert uniforms(1, "age", 4).tolist() == expected


def test_streams_do_not_shift_each_other():
    assert uniforms(1, "age", 3).tolist() == uniforms(1, "age", 5)[:3].tolist()
    assert not np.isin(uniforms(1, "age", 100), uniforms(1, "sex", 100)).any()


@pytest.mark.parametrize(("seed", "patients"), [(-1, 480), (1, 39)])
def test_refuses_bad_arguments(seed, patients):
    with pytest.raises(ValueError, match=r"must be"):
        simulate_trial(seed, patients)


def test_cohort_file_fits_the_raw_files(trial, cohort):
    assert cohort.synthetic
    assert cohort.truth is not None
    assert (ROOT / cohort.truth).is_file()
    assert cohort.treatment.arms == par.ARMS
    assert cohort.treatment.pairs() == par.PAIRS
    assert cohort.schedule is not None
    planned = dict(zip(par.VISITS, par.WEEKS, strict=True))
    assert dict(cohort.schedule.visits) == planned | {f"week_{week}": week for week in par.MAINTENANCE_WEEKS}
    assert {spec.path for spec in cohort.files.values()} == {
        f"data/synthetic_trial/{name}.csv" for name in cohort.files
    }
    frames = {name: getattr(trial, name) for name in cohort.files}
    for spec in (*cohort.measures.values(), *cohort.exposures.values()):
        dumped = spec.model_dump()
        named = [
            spec.id,
            *(dumped["columns"].values() if isinstance(spec, WideVisits) else dumped.get("items", ())),
        ]
        named += [dumped[key] for key in ("score", "sessions_offered", "days_covered") if dumped.get(key)]
        assert set(named) <= set(frames[spec.file])
    for event in cohort.events.values():
        declared = set(event.status.event) | set(event.status.censored)
        assert set(frames[event.file][event.status.column]) <= declared
    for name, covariate in cohort.patients.covariates.items():
        column = frames["patients"][covariate.column]
        assert covariate.levels is None or set(column) == set(covariate.levels), name
    assert cohort.screening is not None
    assert cohort.screening.screened - sum(cohort.screening.excluded.values()) == PATIENTS


def test_endpoints_of_the_truth_are_names_of_the_cohort(truth, cohort):
    adherence = {f"adherence_{name}_{par.ADHERENCE_UNITS[name]}" for name in cohort.exposures}
    scored = {name for name in cohort.measures if name != "pars_course"}  # it goes beyond the closed forms
    assert set(truth["endpoint"]) == {*scored, "recurrence", *adherence, "adverse_events"}
    keys = ["endpoint", "quantity", "arm", "comparator", "time"]
    assert not truth.duplicated(keys).any()
    pairs = truth.dropna(subset=["comparator"])
    assert set(zip(pairs["arm"], pairs["comparator"], strict=True)) <= set(cohort.treatment.pairs())
    assert list(yaml.safe_load((COMMITTED / "truth.yaml").read_text())) == ["truth", "parameters"]


# ---- the raw files look like a trial's


def test_people_ids_and_arms(trial):
    people = trial.patients
    assert people["patient_id"].is_unique
    assert len(people) == PATIENTS
    assert people["patient_id"].str.startswith("0").any()
    assert not people["patient_id"].str.startswith("0").all()
    assert people["arm"].value_counts().to_dict() == dict.fromkeys(par.ARMS, PATIENTS // 4)
    # permuted blocks within sites: no site is ever out of balance
    by_site = pd.crosstab(people["site"], people["arm"])
    assert (by_site.max(axis=1) == by_site.min(axis=1)).all()
    assert set(by_site.index) == set(par.SITES)


@pytest.mark.parametrize("patients", [40, 43, 101])
def test_any_number_of_patients(patients):
    small = simulate_trial(3, patients)
    assert len(small.patients) == patients
    assert small.patients["patient_id"].is_unique
    counts = small.patients["arm"].value_counts()
    assert len(counts) == len(par.ARMS)
    assert counts.max() - counts.min() <= 1


def test_scores_lie_on_their_instruments(trial):
    catalogue = load_catalogue()
    seen = trial.visits.replace(MISSING_CODE, np.nan)
    assert seen["pars"].between(catalogue["PARS"].low, catalogue["PARS"].high).sum() == seen["pars"].count()
    assert set(np.unique(seen[ITEMS].to_numpy()[seen[ITEMS].notna().to_numpy()])) == {0, 1, 2, 3}
    quality = trial.quality_of_life.drop(columns="patient_id")
    assert quality.min().min() >= 0
    assert quality.max().max() <= 100
    assert seen["pars"].isna().any()  # the missing code occurs, as it does in real exports


def test_visits_lie_in_their_windows_and_stop_at_dropout(trial, cohort):
    assert cohort.schedule is not None
    weeks = trial.visits["day"] / 7
    matched = sum(weeks.between(low, high).astype(int) for low, high in cohort.schedule.windows.values())
    assert (matched == 1).all()
    assert trial.visits.groupby("patient_id")["day"].apply(lambda days: days.is_monotonic_increasing).all()
    ended = trial.dropout.set_index("patient_id")
    last = trial.visits.groupby("patient_id")["day"].max()
    completed = ended["status"] == "completed"
    assert (last[completed] == ended["day"][completed]).all()
    assert (last[~completed] < ended["day"][~completed]).all()
    assert (trial.visits.groupby("patient_id").size()[completed] == len(par.VISITS)).all()
    assert set(ended["status"]) == {"completed", *par.DROPOUT_REASONS}
    assert trial.patients.set_index("patient_id")["follow_up_days"].equals(
        ended["day"].rename("follow_up_days")
    )


def test_maintenance_is_for_completers(trial):
    completers = trial.dropout.loc[trial.dropout["status"] == "completed", "patient_id"]
    assert trial.recurrence["patient_id"].tolist() == completers.tolist()
    assert trial.recurrence["days"].between(1, par.MAINTENANCE_DAYS).all()
    ended = trial.recurrence["status"] == "end of study"
    assert (trial.recurrence.loc[ended, "days"] == par.MAINTENANCE_DAYS).all()


def test_adverse_events_have_their_own_day_within_follow_up(large):
    events = large.adverse_events.merge(large.patients[["patient_id", "follow_up_days"]], on="patient_id")
    assert not events.duplicated(["patient_id", "onset_day"]).any()
    assert (events["onset_day"] >= 1).all()
    assert (events["onset_day"] <= events["follow_up_days"]).all()
    resolved = events.dropna(subset=["end_day"])
    assert (resolved["end_day"] >= resolved["onset_day"]).all()
    assert (resolved["end_day"] <= resolved["follow_up_days"]).all()
    assert events["end_day"].isna().any()


def test_adherence_is_recorded_where_the_component_was_given(trial):
    arms = trial.patients.set_index("patient_id")["arm"]
    for component, (planned, taken) in {
        "therapy": ("sessions_offered", "sessions_attended"),
        "medication": ("days_planned", "days_covered"),
    }.items():
        frame = getattr(trial, component)
        assert set(frame["patient_id"]) == set(arms.index[arms.isin(par.GIVEN[component])])
        assert (frame[planned] >= 1).all()
        assert frame[taken].between(0, frame[planned]).all()


def test_ingest_reads_the_committed_cohort(trial, cohort):
    """Every patient, visit and event arrives; scores agree with sums made here."""
    tables = read_cohort(ROOT, cohort, COHORT_FILE)
    assert set(tables.patients["patient_id"]) == set(trial.patients["patient_id"])
    raw = trial.visits.replace(MISSING_CODE, np.nan)
    sums = {"pars": raw["pars"].sum(), "phq9": raw[ITEMS].sum(axis=1, skipna=False).sum()}
    for measure, total in sums.items():
        assert tables.visits.loc[tables.visits["measure"] == measure, "score"].sum() == total
    planned = tables.visits.groupby("measure")["visit"].unique()
    treatment = list(par.VISITS)
    assert {measure: list(visits) for measure, visits in planned.items()} == {
        "pars": treatment, "phq9": treatment, "qlesq": treatment,
        "pars_course": [*treatment, *(f"week_{week}" for week in par.MAINTENANCE_WEEKS)],
    }  # fmt: skip
    whole = trial.course["pars"].replace(MISSING_CODE, np.nan)
    course = tables.visits[tables.visits["measure"] == "pars_course"]
    assert (course["score"].count(), course["score"].sum()) == (whole.count(), whole.sum())
    events = tables.events
    left = events[(events["event"] == "dropout") & events["observed"]]
    assert len(left) == (trial.dropout["status"] != "completed").sum()
    recurred = events[(events["event"] == "recurrence") & events["observed"]]
    assert len(recurred) == (trial.recurrence["status"] == "recurrence").sum()
    assert (events["kind"] == "adverse").sum() == len(trial.adverse_events)
    assert tables.exposures["component"].value_counts().to_dict() == {"therapy": 240, "medication": 240}
