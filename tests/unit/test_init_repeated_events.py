"""`outcomes init` and several rows per patient with a time and a status: recurrent events, kinds of event."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drafts import draft, people, questions
from test_init_quirks import drafted

FIRST = "only the first of a patient is drafted"


def recurrent(n=48, seed=3):
    """Start-stop rows: each patient has one to four, the last one without an event, as in bladder2 of R."""
    random = np.random.default_rng(seed)
    rows = []
    for subject in people(n)["subject"]:
        stops = np.cumsum(random.integers(20, 300, random.integers(1, 5)))
        starts = [0, *stops[:-1]]
        rows += [
            (subject, start, stop, int(k < len(stops)), k)
            for k, (start, stop) in enumerate(zip(starts, stops, strict=True), start=1)
        ]
    return pd.DataFrame(rows, columns=["subject", "tstart", "tstop", "status", "enum"])


def kinds(values=(1, 2), n=48, seed=3):
    """A row per patient and kind of event, as in colon of R."""
    random = np.random.default_rng(seed)
    rows = people(n)[["subject"]].merge(pd.DataFrame({"etype": values}), how="cross")
    return rows.assign(time=random.integers(5, 3000, len(rows)), status=random.integers(0, 2, len(rows)))


def write(data, rows):
    people(48).merge(rows, on="subject").to_csv(data / "trial.csv", index=False)
    return "trial.csv"


def test_numbered_rows_are_read_up_to_the_first_event(tmp_path, data):
    rows = recurrent()
    cohort, plan, tables, text = draft(tmp_path, write(data, rows))
    event = cohort.events["event"]
    assert (event.time.column, event.where) == ("tstop", {"enum": ("1",)})
    assert (
        f"tstop and status in several rows per patient: recurrent events or start-stop rows; {FIRST}" in text
    )
    first = rows.groupby("subject").first()
    assert list(tables.events.sort_values("patient_id")["end_day"]) == list(first["tstop"])
    assert tables.events["observed"].sum() == first["status"].sum()
    assert "event_cox" in plan.analyses


def test_rows_without_a_number_are_told_by_their_start(tmp_path, data):
    cohort, _, tables, text = draft(tmp_path, write(data, recurrent().drop(columns="enum")))
    assert cohort.events["event"].where == {"tstart": ("0",)}
    assert len(tables.events) == 48
    assert FIRST in text


def test_a_first_row_that_starts_late_is_told(tmp_path, data):
    rows = recurrent()
    rows.loc[rows.groupby("subject").head(1).index[:7], "tstart"] = 1
    said, _ = drafted(tmp_path, write(data, rows))
    assert "7 first rows have a tstart above 0" in said


def test_rows_cut_at_changes_of_a_covariate_are_asked_about_as_their_event_is_not_in_the_first(
    tmp_path, data
):
    rows = recurrent().drop(columns="enum")
    last = ~rows.duplicated("subject", keep="last")
    rows["status"] = (last & (np.arange(len(rows)) % 3 > 0)).astype(int)
    said, text = drafted(tmp_path, write(data, rows))
    cut = rows["subject"].duplicated(keep=False) & ~rows.duplicated("subject")
    n = rows.loc[cut, "subject"].nunique()
    assert f"{n} patients have more rows though their first ends without the event" in said
    assert "a file of one row per patient" in said
    assert questions(text)[-1] == "events"
    assert FIRST not in said


def test_rows_of_which_nothing_tells_the_first_are_asked_about(tmp_path, data):
    rows = recurrent()[["subject", "tstop", "status"]]
    said, text = drafted(tmp_path, write(data, rows))
    assert "events: tstop and status in several rows per patient" in said
    assert questions(text)[-1] == "events"
    assert "is one of these the outcome" not in text


@pytest.mark.parametrize(
    ("values", "names"),
    [((1, 2), ["etype_1", "etype_2"]), (("recurrence", "death"), ["death", "recurrence"])],
)
def test_a_row_per_kind_of_event_is_an_event_per_kind(tmp_path, data, values, names):
    rows = kinds(values)
    cohort, _, tables, text = draft(tmp_path, write(data, rows))
    assert sorted(cohort.events) == names
    assert [event.where for event in cohort.events.values()] == [{"etype": (str(v),)} for v in sorted(values)]
    assert tables.events["observed"].sum() == rows["status"].sum()
    assert "one row per value of etype, each drafted as an event" in text
    assert "is one of these the outcome" not in text


def test_many_kinds_of_event_are_asked_about_by_their_column(tmp_path, data):
    rows = kinds(("ascites", "death", "relapse", "transplant", "varices"))
    said, text = drafted(tmp_path, write(data, rows))
    assert "one row per value of etype; declare those that are asked about as events" in said
    assert "where: {etype: [ascites]}" in said
    assert questions(text)[-1] == "events"


def test_rows_at_visits_are_scores_and_no_events(tmp_path, data):
    rows = people(48)[["subject"]].merge(pd.DataFrame({"week": [0, 4, 8]}), how="cross")
    rows["phq9"] = np.random.default_rng(2).integers(3, 26, len(rows))
    rows["status"], rows["time"] = [0, 1, 1] * 48, range(len(rows))
    cohort, _, _, _ = draft(tmp_path, write(data, rows))
    assert list(cohort.measures) == ["phq9"]
    assert not cohort.events
