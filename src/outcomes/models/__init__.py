"""Models: analysis frame and plan entry in, `Fit` out. Engines are imported when a model is used."""

from __future__ import annotations

MODELS = {
    "mmrm": "outcomes.models.repeated:fit_mmrm_analysis",
    "mixed": "outcomes.models.repeated:fit_mixed",
    "kaplan_meier": "outcomes.models.kaplan_meier:fit_kaplan_meier",
    "log_rank": "outcomes.models.log_rank:fit_log_rank",
    "cox": "outcomes.models.proportional_hazards:fit_cox",
    "rmst": "outcomes.models.rmst:fit_rmst",
    "competing_risks": "outcomes.models.competing_risks:fit_competing_risks",
    "interval_censored": "outcomes.models.interval_censored:fit_interval_censored",
    "multiverse": "outcomes.models.multiverse:fit_multiverse",
    "proportion": "outcomes.models.proportion:fit_proportion",
    "mean": "outcomes.models.mean:fit_mean",
    "event_rate": "outcomes.models.event_rate:fit_event_rate",
    "baseline_table": "outcomes.models.baseline_table:fit_baseline_table",
    "participant_flow": "outcomes.models.participant_flow:fit_participant_flow",
}
"""Model name to ``module:function``; the function takes ``(AnalysisFrame, analysis)`` and returns a `Fit`."""
