"""Rows of Gray's test: one cause over all arms, and for each contrast among its two arms alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outcomes.frames import AnalysisFrame
from outcomes.inference import chi_square_p_value
from outcomes.models.competing.gray import gray_test
from outcomes.models.competing.samples import CauseSample, cause_codes, counts_of
from outcomes.models.counting import Integers, absent_arms
from outcomes.models.fit import Row, failed_row, level

QUANTITY = "gray_chi_square"
APART = "no event of this cause while patients of different arms were at risk together"


def gray_row(
    frame: AnalysisFrame,
    samples: dict[str, CauseSample],
    arms: Sequence[str],
    cause: int,
    stratum: Integers,
) -> Row:
    """Row of one test among `arms`, or the reason why there is none.

    Parameters
    ----------
    cause : int
        1 + its place among the causes of the plan.
    stratum : ndarray of int
        Stratum of each row of the frame.
    """
    totals = counts_of(cause, *(samples[arm] for arm in arms))
    reason = absent_arms({arm: samples[arm].of_any_cause() for arm in arms}, *arms)
    if reason is None and len(arms) < 2:
        reason = "fewer than two arms have patients with follow-up"
    if reason is None and totals["n_events"] == 0:
        reason = "no event of this cause in these arms"
    if reason is not None:
        return failed_row(QUANTITY, "not_estimable", reason, **totals)
    chosen = frame.data["arm"].isin(arms).to_numpy(dtype=bool)
    codes = {arm: code for code, arm in enumerate(arms)}
    result = gray_test(
        frame.data["time_days"].to_numpy(dtype=float)[chosen],
        cause_codes(frame)[chosen],
        np.array([codes[arm] for arm in frame.data["arm"].astype(str)[chosen]], dtype=np.int64),
        of_interest=cause,
        stratum=stratum[chosen],
    )
    if not np.isfinite(result.chi_square):
        return failed_row(QUANTITY, "not_estimable", APART, **totals)
    return level(
        QUANTITY,
        estimate=result.chi_square,
        statistic=result.chi_square,
        df=float(result.df),
        p_value=chi_square_p_value(result.chi_square, result.df),
        unit="chi-square",
        **totals,
    )
