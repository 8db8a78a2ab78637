"""Table contracts at the only place where tables touch files."""

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import DataError, RunError
from outcomes.io import check, read_table, shape, write_table
from outcomes.tables import ESTIMATES, EVENTS, PATIENTS, VISITS


def estimates(**columns):
    row = {
        "cohort": "c", "analysis": "a", "endpoint": "e", "population": "p", "model": "mixed",
        "quantity": "mean_difference", "arm": "combined", "comparator": "therapy", "estimate": 1.0,
        "ci_low": 0.0, "ci_high": 2.0, "conf_level": 0.95, "status": "ok",
    }  # fmt: skip
    return shape(pd.DataFrame([row | columns]), ESTIMATES)


def test_a_good_row_passes():
    assert check(estimates(), ESTIMATES) == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"ci_low": 1.5}, "do not hold their estimate"),
        ({"ci_low": None}, "lack their interval"),
        ({"p_value": 0.5}, "lack their statistic or df"),
        ({"p_value": 1.5, "statistic": 1.0, "df": np.inf}, "p_value"),
        ({"status": "not_estimable", "message": "no events"}, "carry numbers"),
        ({"status": "not_estimable", "estimate": None, "ci_low": None, "ci_high": None}, "say no reason"),
        ({"estimate": None, "ci_low": None, "ci_high": None}, "no estimate"),
        ({"quantity": "odds"}, "quantity"),
        ({"status": "fine"}, "status"),
    ],
)
def test_each_broken_rule_is_named(columns, said):
    assert any(said in problem for problem in check(estimates(**columns), ESTIMATES))


def test_two_rows_with_one_key_are_refused():
    twice = pd.concat([estimates(), estimates()], ignore_index=True)
    assert any("key" in problem for problem in check(twice, ESTIMATES))


def test_a_bad_table_is_not_written_and_its_values_are_not_told(tmp_path):
    events = pd.DataFrame(
        {"patient_id": ["secret-7"], "kind": ["wonder"], "event": ["relapse"], "start_day": [0.0],
         "end_day": [3.0], "observed": [True]}
    )  # fmt: skip
    with pytest.raises(DataError) as error:
        write_table(events, EVENTS, tmp_path / "events.parquet")
    assert "kind" in str(error.value)
    assert "wonder" not in str(error.value)
    assert "secret-7" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_estimates_come_back_to_the_last_digit(tmp_path, suffix):
    frame = estimates(estimate=0.1 + 0.2, df=np.inf, term="NA", message="none, really")
    write_table(frame, ESTIMATES, tmp_path / f"estimates{suffix}")
    pd.testing.assert_frame_equal(read_table(tmp_path / f"estimates{suffix}", ESTIMATES), frame)


def test_ids_and_arm_order_survive_parquet(tmp_path):
    patients = pd.DataFrame(
        {"patient_id": ["001", "1", "1E5"],
         "arm": pd.Categorical(["b", "a", "b"], categories=["b", "a"], ordered=True), "age": [1.0, 2.0, 3.0]}
    )  # fmt: skip
    write_table(patients, PATIENTS, tmp_path / "patients.parquet")
    back = read_table(tmp_path / "patients.parquet", PATIENTS)
    assert back["patient_id"].tolist() == ["001", "1", "1E5"]
    assert back["arm"].cat.categories.tolist() == ["b", "a"]
    assert back["age"].tolist() == [1.0, 2.0, 3.0]


def test_a_file_cut_short_is_a_run_error(tmp_path):
    path = tmp_path / "visits.parquet"
    visits = pd.DataFrame(
        {"patient_id": ["1"], "measure": ["m"], "visit": pd.Categorical(["v"]), "week": [0.0]}
    )
    write_table(visits, VISITS, path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match="run the pipeline again"):
        read_table(path, VISITS)
