"""Synthetic cohorts with a known truth: made to check the pipeline, never to learn about patients."""

from __future__ import annotations

SIMULATIONS = {"trial": "outcomes.simulate.trial:simulate_trial"}
"""Simulation name to ``module:function``; the function takes ``(seed, n_patients)``."""
