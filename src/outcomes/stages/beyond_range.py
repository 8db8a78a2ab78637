"""Marginal means, and limits of them, at which no score of the instrument can be."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.config import Cohort
from outcomes.config.plan import Analysis, ScoreEndpoint
from outcomes.instruments import instruments_of
from outcomes.instruments.scoring import FLOAT_SLACK
from outcomes.models.fit import Row


def range_warnings(cohort: Cohort, analysis: Analysis, rows: Sequence[Row]) -> tuple[str, ...]:
    """Say how many marginal means, and intervals of them, leave the range of their measure.

    A change lies between the lowest score less the highest and the highest less the lowest.
    """
    endpoint = analysis.endpoint
    if not isinstance(endpoint, ScoreEndpoint):
        return ()
    instrument = instruments_of(cohort)[cohort.measures[endpoint.measure].instrument]
    low, high = instrument.low, instrument.high
    if endpoint.kind == "change":
        low, high = low - high, high - low
    means = [row for row in rows if row["quantity"] == "mean" and row.get("estimate") is not None]
    beyond = [max(low - row["ci_low"], row["ci_high"] - high) > FLOAT_SLACK for row in means]
    if not any(beyond):
        return ()
    outside = [max(low - row["estimate"], row["estimate"] - high) > FLOAT_SLACK for row in means]
    return (
        f"{sum(beyond)} of {len(means)} intervals of marginal means, and {sum(outside)} of the means "
        f"themselves, reach beyond {low:g} to {high:g} {instrument.unit}, where none can be: the model takes "
        "scores as unbounded, and so close to an end of the scale its intervals and tests are rough",
    )
