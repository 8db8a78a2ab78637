"""A measure that was planned at some of the schedule's visits: `visits` of a long layout matched by times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from planted import refusal
from tiny_cohort import FILES, SHOWN, write_tiny

from outcomes.errors import ConfigError
from outcomes.ingest import read_cohort

WITHOUT_WEEK_4 = FILES["qol.csv"].replace("zq1,4.2,50\n", "")
AT = ("baseline", "week_8")


def planned(*visits: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["measures"]["quality"].update(visits=list(visits))


def cohort_of(tmp_path, text, *visits):
    cohort = write_tiny(tmp_path, planned(*visits) if visits else None)
    (tmp_path / "qol.csv").write_text(text, encoding="utf-8")
    return cohort


def quality(tmp_path, text, *visits) -> pd.DataFrame:
    cohort = cohort_of(tmp_path, text, *visits)
    table = read_cohort(tmp_path, cohort, SHOWN).visits
    return table[table["measure"] == "quality"].reset_index(drop=True)


def test_without_the_key_a_measure_is_planned_wherever_there_is_a_window(tmp_path):
    rows = quality(tmp_path, FILES["qol.csv"])
    assert rows["visit"].value_counts().to_dict() == {"baseline": 4, "week_4": 4, "week_8": 4}


def test_a_visit_that_was_not_planned_has_no_row_and_the_others_stay_as_they_were(tmp_path):
    rows = quality(tmp_path, WITHOUT_WEEK_4, *AT)
    everywhere = quality(tmp_path, WITHOUT_WEEK_4)
    assert rows.equals(everywhere[everywhere["visit"].isin(AT)].reset_index(drop=True))
    assert len(rows) == 4 * 2


def test_other_measures_keep_all_of_the_schedule(tmp_path):
    table = read_cohort(tmp_path, cohort_of(tmp_path, WITHOUT_WEEK_4, *AT), SHOWN).visits
    assert set(table.loc[table["measure"] == "phq9", "visit"]) == {"baseline", "week_4", "week_8"}


def test_the_order_of_visits_means_nothing(tmp_path):
    assert quality(tmp_path, WITHOUT_WEEK_4, *AT).equals(quality(tmp_path, WITHOUT_WEEK_4, *AT[::-1]))


def test_rows_without_a_score_at_visits_of_other_measures_are_passed_over(tmp_path):
    text = WITHOUT_WEEK_4 + "zq1,4.2,\nzq1,4.4,\nzq2,3.9,\n"
    assert quality(tmp_path, text, *AT).equals(quality(tmp_path, WITHOUT_WEEK_4, *AT))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FILES["qol.csv"],
         "week: 1 of 6 rows with a score in the window of a visit that is not among the measure's visits "
         "(line 3): add the visit to the measure's visits, mend the times, or remove the scores"),
        (WITHOUT_WEEK_4 + "zq2,8.5,60\n", "week: 2 of 6 rows in a window with another row (lines 4, 7)"),
        (WITHOUT_WEEK_4 + "zq2,6,\n", "week: 1 of 6 rows at a time outside every window (line 7)"),
    ],
)  # fmt: skip
def test_scores_that_fit_no_planned_visit_are_refused(tmp_path, text, says):
    message = str(refusal(tmp_path, cohort_of(tmp_path, text, *AT)))
    assert says in message
    assert "zq" not in message


def without_a_window(content: dict[str, Any]) -> None:
    del content["schedule"]["windows"]["week_8"]
    planned(*AT)(content)


def beside_codes(content: dict[str, Any]) -> None:
    content["measures"]["phq9"]["visits"] = list(AT)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (planned("baseline", "week_9"),
         "measures.quality: visit 'week_9' is not in the schedule (did you mean 'week_8'?)"),
        (planned("baseline", "baseline"), "measures.quality: visits names a visit twice"),
        (planned(), "measures.quality.visits: is empty: give one or more"),
        (without_a_window, "measures.quality.visits: 'week_8' has no window: add it to schedule.windows"),
        (beside_codes,
         "measures.phq9: visit.labels name the visits of this measure already: leave out visits"),
    ],
)  # fmt: skip
def test_visits_that_cannot_be_meant_are_refused(tmp_path, edit, says):
    with pytest.raises(ConfigError) as caught:
        write_tiny(tmp_path, edit)
    assert says in str(caught.value)
