"""Synthetic cohorts with a known truth: made to check the pipeline, never to learn about patients."""
