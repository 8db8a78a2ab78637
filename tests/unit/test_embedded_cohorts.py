"""The three real cohorts as ingest reads them; counts were taken from the raw files by other means."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from outcomes.config import Cohort
from outcomes.config.project import load_file
from outcomes.ingest import read_cohort, source_files
from outcomes.instruments import load_catalogue
from outcomes.io import check
from outcomes.tables import INPUT_TABLES

ROOT = Path(__file__).parents[2]
NAMES = ("antidepressant_trial", "smoking_relapse", "beat_the_blues")


@pytest.fixture(scope="module")
def cohorts():
    return {name: load_file(ROOT, f"config/cohorts/{name}.yaml", Cohort) for name in NAMES}


@pytest.fixture(scope="module")
def tables(cohorts):
    return {name: read_cohort(ROOT, cohort, name) for name, cohort in cohorts.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_table_fulfils_its_contract(tables, name):
    for table in INPUT_TABLES.values():
        assert check(getattr(tables[name], table.name), table) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_says_source_licence_and_citation(cohorts, name):
    for path in source_files(ROOT, cohorts[name]):
        readme = (path.parent / "README.md").read_text(encoding="utf-8")
        assert all(f"**{word}.**" in readme for word in ("Source", "Licence", "Citation", "Known quirks"))


def test_antidepressant_trial(tables):
    patients, visits = tables["antidepressant_trial"].patients, tables["antidepressant_trial"].visits
    assert patients["arm"].value_counts().to_dict() == {"neither": 100, "medication": 100}
    assert patients["patient_id"].str.fullmatch(r"\d{4}").all()
    assert (patients["site"] == "small sites pooled").sum() == 3
    after = visits[visits["visit"] != "baseline"]
    assert (len(visits), after["score"].notna().sum()) == (200 * 6, 831)
    assert visits.loc[visits["visit"] == "baseline", "score"].notna().all()
    assert (visits["score"].min(), visits["score"].max()) == (0, 34)
    last = after[after["visit"] == "week_8"].merge(patients, on="patient_id")
    assert last.groupby("arm", observed=True)["score"].count().to_dict() == {"neither": 61, "medication": 70}


def test_smoking_relapse(tables):
    patients, events = tables["smoking_relapse"].patients, tables["smoking_relapse"].events
    assert patients["arm"].value_counts().to_dict() == {"patch_only": 64, "triple_combination": 61}
    assert patients["nicotine_patch"].all()
    assert patients["inhaler_and_bupropion"].sum() == 61
    assert (len(events), events["observed"].sum()) == (125, 89)
    assert (events["end_day"].min(), events["end_day"].max()) == (0.5, 182)
    assert (events["end_day"] == 0.5).sum() == 12
    assert events.loc[events["end_day"] == 0.5, "observed"].all()
    assert (events.loc[~events["observed"], "reason"] == "end of follow-up").all()


def test_beat_the_blues(cohorts, tables):
    patients, visits = tables["beat_the_blues"].patients, tables["beat_the_blues"].visits
    cells = {"neither": 34, "medication": 14, "therapy": 22, "combined": 30}
    assert patients["arm"].value_counts().to_dict() == cells
    assert list(patients["arm"].cat.categories) == list(cells)
    observed = visits.groupby("visit", observed=True)["score"].count().to_dict()
    assert observed == {"baseline": 100, "month_2": 97, "month_3": 73, "month_5": 58, "month_8": 52}
    assert cohorts["beat_the_blues"].treatment.not_randomised("combined", "therapy") == ("medication",)
    assert cohorts["beat_the_blues"].treatment.not_randomised("combined", "medication") == ()


def test_beat_the_blues_cell_by_cell(tables):
    """Each score of the raw file stands at its patient's visit, and nothing else does."""
    columns = {
        "bdi.pre": "baseline",
        "bdi.2m": "month_2",
        "bdi.3m": "month_3",
        "bdi.5m": "month_5",
        "bdi.8m": "month_8",
    }
    with (ROOT / "data/beat_the_blues/BtheB.csv").open(newline="") as file:
        raw = {
            (row["id"], visit): float(row[column])
            for row in csv.DictReader(file) for column, visit in columns.items() if row[column]
        }  # fmt: skip
    observed = tables["beat_the_blues"].visits.dropna(subset="score")
    keys = zip(observed["patient_id"], observed["visit"], strict=True)
    assert dict(zip(keys, observed["score"], strict=True)) == raw


def test_the_gpl_notice_stands_beside_its_data():
    assert "GPL-2" in (ROOT / "data/beat_the_blues/LICENSE").read_text(encoding="utf-8")


def test_scores_lie_in_the_range_of_their_instruments(cohorts, tables):
    for name, cohort in cohorts.items():
        for measure, spec in cohort.measures.items():
            instrument = load_catalogue()[spec.instrument]
            visits = tables[name].visits
            scores = visits.loc[visits["measure"] == measure, "score"].dropna()
            assert scores.between(instrument.low, instrument.high).all()
