"""Outputs, estimand, provenance and a drawing that the reports made by hand share."""

from __future__ import annotations

COLOURS = {"neither": "#333333", "medication": "#0072B2", "therapy": "#B84A00", "combined": "#00805E"}
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="360" viewBox="0 0 600 360">'
    '<path d="M60 20V310H580" fill="none" stroke="#595959"/>'
    '<path d="M60 40L230 150L400 220L580 250" fill="none" stroke="#00805E" stroke-width="3"/>'
    '<text x="300" y="345" text-anchor="middle" font-family="sans-serif">Time</text></svg>'
)
NO_EVENTS = "no events in arm neither: the partial likelihood has no maximum"
NO_EVENTS_PRINTED = "no events in arm Usual care: the partial likelihood has no maximum"

OUTPUTS = {
    "figures": {
        "flow": {"kind": "participant_flow", "section": "who", "caption": "Flow of participants",
                 "where": {"model": "participant_flow"}},
        "trajectory": {"kind": "trajectory", "section": "symptoms", "caption": "Marginal means by arm",
                       "where": {"model": "mixed", "quantity": ["mean"]}},
        "forest": {"kind": "forest", "section": "symptoms", "caption": "Differences in marginal means",
                   "where": {"model": "mixed", "quantity": "mean_difference"}},
        "survival": {"kind": "kaplan_meier", "section": "relapse", "caption": "Kaplan-Meier estimates",
                     "where": {"model": "kaplan_meier"}},
    },
    "tables": {
        "baseline": {"kind": "baseline", "section": "who", "caption": "Baseline characteristics",
                     "where": {"model": "baseline_table"}},
        "differences": {"kind": "contrasts", "section": "symptoms", "caption": "Differences by visit",
                        "where": {"model": "mixed", "quantity": "mean_difference"}},
        "means": {"kind": "levels", "section": "symptoms", "caption": "Marginal means by visit",
                  "where": {"model": "mixed", "quantity": "mean"}},
        "medians": {"kind": "levels", "section": "relapse", "caption": "Median time to the event",
                    "where": {"quantity": "median_survival"}},
        "tests": {"kind": "contrasts", "section": "relapse", "caption": "Log-rank tests",
                  "where": {"model": "log_rank"}},
        "ratios": {"kind": "contrasts", "section": "relapse", "caption": "Hazard ratios",
                   "where": {"quantity": "hazard_ratio"}},
        "adherence": {"kind": "levels", "section": "adherence", "caption": "Adherence by arm",
                      "where": {"model": ["mean", "proportion"]}},
        "harms": {"kind": "adverse_events", "section": "harms", "caption": "Adverse events by arm",
                  "where": {"model": "event_rate"}},
        "truth": {"kind": "truth", "section": "details", "caption": "Estimates against the simulated truth",
                  "where": {"quantity": "truth"}},
        "fixed_effects": {"kind": "coefficients", "section": "details", "caption": "Coefficients",
                          "where": {"quantity": ["coefficient", "variance_component", "log_likelihood",
                                                 "log_hazard_coefficient"]}},
    },
}  # fmt: skip
ESTIMAND = {
    "population": "Adults assigned to an arm",
    "treatments": "Each treatment as offered",
    "variable": "Score at the last planned visit",
    "intercurrent_events": {"Stopping treatment": "treatment policy", "Leaving the study": "hypothetical"},
    "summary": "Difference in means",
}
PROVENANCE = {
    "package": {"name": "outcomes", "version": "0.1.0"},
    "code_sha256": "4f" * 32,
    "config_sha256": "a1" * 32,
    "config_files": ["config/config.yaml", "config/outputs.yaml"],
    "inputs": {"data/trial/scores.csv": "0c" * 32},
    "libraries": {"numpy": "2.4.6", "pandas": "2.3.3"},
}
