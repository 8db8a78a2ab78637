"""Endpoints: input tables in, `AnalysisFrame` out; each module cites the definition it implements."""

from __future__ import annotations

ENDPOINTS = {
    "score": "outcomes.endpoints.score:derive_score",
    "change": "outcomes.endpoints.score:derive_score",
    "time_to_event": "outcomes.endpoints.time_to_event:derive_time_to_event",
    "competing_events": "outcomes.endpoints.competing_events:derive_competing_events",
    "derived_competing_events": (
        "outcomes.endpoints.derived_competing_events:derive_derived_competing_events"
    ),
    "interval_event": "outcomes.endpoints.derived_event:derive_derived_event",
    "derived_event": "outcomes.endpoints.derived_event:derive_derived_event",
    "event_multiverse": "outcomes.endpoints.event_multiverse:derive_event_multiverse",
    "dropout": "outcomes.endpoints.dropout:derive_dropout",
    "adherence": "outcomes.endpoints.adherence:derive_adherence",
    "adverse_events": "outcomes.endpoints.adverse_events:derive_adverse_events",
    "baseline": "outcomes.endpoints.baseline:derive_baseline",
    "flow": "outcomes.endpoints.flow:derive_flow",
}
"""Endpoint kind to ``module:function``; the function takes ``(Tables, cohort, analysis)``."""
