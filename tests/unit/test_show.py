"""`outcomes show`: the numbers of one analysis, contrasts first, for people and for programs."""

import csv
import io
import os
import subprocess
import sys

import pandas as pd
import pytest
from tiny_project import write_project

from outcomes.errors import ConfigError, RunError
from outcomes.io import write_table
from outcomes.stages.listing import print_listings
from outcomes.stages.show import list_analyses, show_analysis
from outcomes.tables import ESTIMATES

IDENTITY = {"cohort": "alpha", "analysis": "phq9_mixed", "endpoint": "score",
            "population": "with_post_baseline_score", "model": "mixed"}  # fmt: skip
WEEK_8 = {"time": 8.0, "time_unit": "week"}
POINTS = {"unit": "points", "conf_level": 0.95, "status": "ok"}
TEST = {"std_error": 1.0, "scale": "identity", "df": 30.0, "statistic": -2.1, "p_value": 0.0441,
        "family": "main", "p_adjusted": 0.0002}  # fmt: skip
FAILED = {"status": "not_estimable", "message": "one arm | no scores"}
ROWS = [
    WEEK_8 | POINTS
    | {"quantity": "mean", "arm": "therapy", "estimate": 12.345678, "ci_low": 11.0, "ci_high": 13.0},
    WEEK_8 | POINTS | TEST
    | {"quantity": "mean_difference", "arm": "combined", "comparator": "therapy", "estimate": -2.123456,
       "ci_low": -4.0, "ci_high": -0.25},
    WEEK_8 | FAILED | {"quantity": "mean_difference", "arm": "combined", "comparator": "neither"},
]  # fmt: skip


@pytest.fixture
def project(tmp_path):
    folder = write_project(tmp_path)
    frame = pd.DataFrame([IDENTITY | row for row in ROWS])
    write_table(frame, ESTIMATES, folder / "results/alpha/release/estimates.csv")
    return folder


def test_contrasts_come_first_and_numbers_are_rounded_for_the_eye(project):
    differences, failed, means = show_analysis(project, "phq9_mixed")
    assert differences.chapter == (
        "alpha: phq9_mixed (mixed, with_post_baseline_score, secondary): Fewer symptoms?"
    )
    assert (differences.heading, means.chapter) == ("mean_difference, points", "")
    assert differences.columns == ("arm", "time", "estimate", "95% CI", "p_value", "p_adjusted")
    assert differences.rows == (
        ("combined vs therapy", "week 8", "-2.123", "-4 to -0.25", "0.044", "<0.001"),
    )
    assert failed.columns == ("arm", "time", "status", "message")
    assert failed.rows == (("combined vs neither", "week 8", "not_estimable", "one arm | no scores"),)
    assert (means.heading, means.rows) == ("mean, points", (("therapy", "week 8", "12.35", "11 to 13"),))


def test_the_row_of_all_arms_says_so_beside_rows_of_pairs(project):
    test = IDENTITY | {"model": "log_rank", "quantity": "log_rank_chi_square", "estimate": 9.9, "df": 2.0,
                       "status": "ok"}  # fmt: skip
    rows = [test, test | {"arm": "combined", "comparator": "therapy"},
            IDENTITY | {"quantity": "log_likelihood", "estimate": -9.0, "status": "ok"}]  # fmt: skip
    write_table(pd.DataFrame(rows), ESTIMATES, project / "results/alpha/release/estimates.csv")
    tests, likelihood = show_analysis(project, "phq9_mixed")
    assert [row[0] for row in tests.rows] == ["combined vs therapy", "all arms"]
    assert "arm" not in likelihood.columns


def test_all_columns_are_those_of_the_file_but_what_the_heading_says(project):
    (listing,) = show_analysis(project, "phq9_mixed", all_columns=True)
    assert set(listing.columns) == set(ESTIMATES.names) - set(IDENTITY)


def test_csv_is_exact_and_machine_readable(project, capsys):
    print_listings(show_analysis(project, "phq9_mixed", exact=True), "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["estimate"] for row in rows] == ["-2.123456", "", "12.345678"]
    assert rows[0]["p_adjusted"] == "0.0002"
    assert {row["cohort"] for row in rows} == {"alpha"}


def test_markdown_keeps_its_columns(project, capsys):
    _, failed, _ = show_analysis(project, "phq9_mixed")
    print_listings([failed], "markdown")
    assert capsys.readouterr().out.splitlines() == [
        "mean_difference", "",
        "| arm | time | status | message |",
        "| --- | --- | --- | --- |",
        "| combined vs neither | week 8 | not_estimable | one arm \\| no scores |",
        "",
    ]  # fmt: skip


def test_numbers_stay_whole_on_a_narrow_terminal(project, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    print_listings(show_analysis(project, "phq9_mixed"), "table")
    told = capsys.readouterr().out
    assert all(number in told for number in ("-2.123", "-4 to -0.25", "11 to 13"))
    assert "…" not in told


def test_a_pipe_gets_plain_text_on_one_line_a_row(project):
    done = subprocess.run(
        [sys.executable, "-m", "outcomes", "show", "phq9_mixed"],
        cwd=project, env=os.environ | {"COLUMNS": "40"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "\x1b" not in done.stdout
    assert any("combined" in line and "one arm | no scores" in line for line in done.stdout.splitlines())


def test_without_a_name_the_analyses_of_every_cohort_are_listed(project):
    alpha, beta = list_analyses(project)
    assert (alpha.heading, beta.heading) == ("alpha", "beta")
    assert ("phq9_mixed", "secondary", "Fewer symptoms?") in alpha.rows
    assert [listing.heading for listing in list_analyses(project, "beta")] == ["beta"]


def test_an_unknown_name_gets_the_closest(project):
    with pytest.raises(ConfigError, match=r"unknown analysis 'phq_mixed' \(did you mean 'phq9_mixed'\?\)"):
        show_analysis(project, "phq_mixed")
    with pytest.raises(ConfigError, match=r"unknown cohort 'alfa' \(did you mean 'alpha'\?\)"):
        show_analysis(project, "phq9_mixed", "alfa")


@pytest.mark.parametrize(("analysis", "cohort"), [("dropout", "beta"), ("relapse_cox", None)])
def test_what_was_not_run_yet_names_the_remedy(project, analysis, cohort):
    with pytest.raises(RunError, match="outcomes run"):
        show_analysis(project, analysis, cohort)
