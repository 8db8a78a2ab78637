"""Figures: rows of `estimates` and a `Style` in, a matplotlib `Figure` out. Layout only, no statistics."""

from __future__ import annotations

FIGURES = {
    "trajectory": "outcomes.figures.trajectory:draw_trajectory",
    "kaplan_meier": "outcomes.figures.kaplan_meier:draw_kaplan_meier",
    "forest": "outcomes.figures.forest:draw_forest",
    "participant_flow": "outcomes.figures.participant_flow:draw_participant_flow",
    "baseline_balance": "outcomes.figures.baseline_balance:draw_baseline_balance",
}
"""Figure kind to ``module:function``; ``(rows, style)`` to a `Figure`, or None without a number."""

ALT_TEXTS = {
    "trajectory": "outcomes.figures.trajectory:describe_trajectory",
    "kaplan_meier": "outcomes.figures.kaplan_meier:describe_kaplan_meier",
    "forest": "outcomes.figures.forest:describe_forest",
    "participant_flow": "outcomes.figures.participant_flow:describe_participant_flow",
    "baseline_balance": "outcomes.figures.baseline_balance:describe_baseline_balance",
}
"""Figure kind to ``module:function``; ``(rows, style)`` of a `Figure` to its finding in words."""
