"""Keys of plans and outputs, those of times to an event aside."""

from __future__ import annotations

from outcomes.config.descriptions.words import COVARIATES, ENDPOINT, KIND, MODEL

PLAN: dict[str, dict[str, str]] = {
    "Plan": {
        "title": "The plan's title.",
        "registration": "Where and when the plan was registered.",
        "multiplicity": "family: how the p-values of its contrasts are adjusted together.",
        "definitions": "What events are, by name: one of the library changed, or one of your own.",
        "analyses": "Every analysis by name.",
    },
    "AnalysisBase": {
        "question": "The question in a sentence; printed above its answer.",
        "population": "Who is analysed; everyone assigned is the default.",
        "role": "A primary analysis states its estimand.",
        "prespecified": "false sets the answers apart, marked as thought of later.",
        "conf_level": "Confidence level, between 0.5 and 1.",
        "family": "The multiplicity family of its contrasts; of several visits the last counts.",
        "contrasts": "all_pairs, or a list of [arm, comparator].",
        "estimand": "The question in the terms of ICH E9(R1).",
    },
    "Estimand": {
        "population": "Whom the answer is about.",
        "treatments": "What is compared with what.",
        "variable": "What is measured, and when.",
        "intercurrent_events": "event: how it is handled.",
        "summary": "How arms are compared: difference in means, hazard ratio, ...",
    },
    "RepeatedAnalysis": {
        "endpoint": ENDPOINT,
        "method": "Restricted or full maximum likelihood.",
        "treatment_by_time": "Whether the effect of treatment may change over time.",
        "adjust_for_baseline": "Whether the baseline score is a covariate.",
        "covariates": COVARIATES,
    },
    "MmrmAnalysis": {
        "model": MODEL,
        "covariance": "Structure of the covariance of the visits, then those to fall back on, in order.",
        "covariance_by_arm": "Whether each arm has a covariance of its own.",
        "df": "Degrees of freedom; kenward_roger_linear is DDFM=KR of SAS under an unstructured covariance.",
        "standard_errors": "From the model's covariance, or a sandwich: as it is, bias-reduced, jackknife.",
        "baseline_by_time": "Whether the effect of the baseline score may differ between visits.",
        "covariates_by_time": "Those of the covariates whose effect may differ between visits.",
        "margins": "Whether levels of a covariate count equally in a mean, or as often as observed.",
        "weights": "A covariate by which patients are weighted.",
    },
    "MixedAnalysis": {
        "model": MODEL,
        "random_effects": "Each patient's own intercept, or intercept and slope.",
        "predictors": "A mean for every arm, or effects of components that add up.",
        "time": "A mean for every visit, or a straight line.",
        "df": "Degrees of freedom, as R's lmerTest or pbkrtest have them.",
    },
    "ProportionAnalysis": {"model": MODEL, "endpoint": ENDPOINT},
    "MeanAnalysis": {"model": MODEL, "endpoint": ENDPOINT},
    "EventRateAnalysis": {"model": MODEL, "endpoint": ENDPOINT},
    "BaselineAnalysis": {"model": MODEL, "endpoint": ENDPOINT},
    "FlowAnalysis": {"model": MODEL, "endpoint": ENDPOINT},
    "ScoreEndpoint": {
        "kind": "score, or change from baseline.",
        "measure": "A measure of the cohort file.",
    },
    "DropoutEndpoint": {
        "kind": KIND,
        "measure": "The measure whose score at the last planned visit a dropout lacks.",
    },
    "AdherenceEndpoint": {
        "kind": KIND,
        "component": "A component with an entry under exposures.",
        "of": "The share of sessions attended, or of days covered.",
    },
    "AdverseEventsEndpoint": {"kind": KIND},
    "BaselineEndpoint": {
        "kind": KIND,
        "measures": "Measures whose baseline score the table shows, after the covariates.",
    },
    "FlowEndpoint": {
        "kind": KIND,
        "measure": "The measure whose visits patients are followed through; or give event.",
        "event": "The event whose follow-up patients are counted in; or give measure.",
    },
    "Outputs": {
        "figures": "Figures by name, in the order of their section.",
        "tables": "Tables by name, in the order of their section.",
    },
    "OutputSpec": {
        "section": "Where in the report it stands.",
        "caption": "Printed with it.",
        "where": "Rows of estimates.csv that it shows: column: value, or a list of values.",
    },
    "FigureSpec": {
        "kind": "What is drawn.",
        "needs": "A quantity without which there is nothing to draw, where the filter lets others through.",
    },
    "TableSpec": {"kind": "How the rows are laid out."},
}
