"""Figures: rows of `estimates` and a `Style` in, a matplotlib `Figure` out. Layout only, no statistics."""

from __future__ import annotations

FIGURES = {
    "trajectory": "outcomes.figures.trajectory:draw_trajectory",
    "kaplan_meier": "outcomes.figures.kaplan_meier:draw_kaplan_meier",
    "interval_curves": "outcomes.figures.interval_curves:draw_interval_curves",
    "cumulative_incidence": "outcomes.figures.cumulative_incidence:draw_cumulative_incidence",
    "rmst_horizons": "outcomes.figures.rmst_horizons:draw_rmst_horizons",
    "hazard_ratio_over_time": "outcomes.figures.hazard_ratio_over_time:draw_hazard_ratio_over_time",
    "specification_curve": "outcomes.figures.specification_curve:draw_specification_curve",
    "forest": "outcomes.figures.forest:draw_forest",
    "participant_flow": "outcomes.figures.participant_flow:draw_participant_flow",
    "baseline_balance": "outcomes.figures.baseline_balance:draw_baseline_balance",
}
"""Figure kind to ``module:function``; ``(rows, style)`` to a `Figure`, or None without a number."""

ALT_TEXTS = {
    "trajectory": "outcomes.figures.trajectory:describe_trajectory",
    "kaplan_meier": "outcomes.figures.kaplan_meier:describe_kaplan_meier",
    "interval_curves": "outcomes.figures.interval_curves:describe_interval_curves",
    "cumulative_incidence": "outcomes.figures.cumulative_incidence:describe_cumulative_incidence",
    "rmst_horizons": "outcomes.figures.rmst_horizons:describe_rmst_horizons",
    "hazard_ratio_over_time": "outcomes.figures.hazard_ratio_over_time:describe_hazard_ratio_over_time",
    "specification_curve": "outcomes.figures.specification_curve:describe_specification_curve",
    "forest": "outcomes.figures.forest:describe_forest",
    "participant_flow": "outcomes.figures.participant_flow:describe_participant_flow",
    "baseline_balance": "outcomes.figures.baseline_balance:describe_baseline_balance",
}
"""Figure kind to ``module:function``; ``(rows, style)`` of a `Figure` to its finding in words."""
