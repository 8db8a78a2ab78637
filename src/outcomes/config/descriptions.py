"""A sentence on every key of the configuration: what editors show, and what the project template says."""

from __future__ import annotations

FILE = "Name of one of `files`."
ID = "Column of the patient's id. Ids are text: 001 and 1 are two patients."
WHERE = "Only these rows are read: column: [codes]; of several columns, all must hold."
ZERO = "Zero times: an error, half a day, or the patient is left out of this event."
NEGATIVE = "Negative times: an error, or the row is left out."
NO_ARM = "A patient without an arm: an error, or left out together with all of that patient's rows."
LABEL = "As printed in tables and figures; 120 characters or fewer."
SOURCE = "Citation: author, year, journal, volume:page."
MODEL = "How it is estimated; decides which endpoint and which further keys belong here."
MISSING_ITEMS = "A total with items missing: prorated by the instrument's rule, where it has one, or missing."
ENDPOINT = "What is estimated; its kind must fit the model."
KIND = "What sort of endpoint this is."
STRATA = "Covariates (categories) whose levels have baselines of their own."
COVARIATES = "Names of patients.covariates that the model adjusts for."

_BY_MODEL: dict[str, dict[str, str]] = {
    "MainConfig": {
        "seed": "Root of all random numbers; a whole number, 0 or more.",
        "outputs": "The file that says which figures and tables are shown.",
        "cohorts": "Every cohort that runs, by name: its cohort file and its plan.",
    },
    "CohortEntry": {
        "cohort": "The cohort file: what was measured.",
        "plan": "The plan file: what was pre-specified.",
    },
    "Cohort": {
        "title": "Head of the report.",
        "description": "Who was treated with what and how long; printed below the title.",
        "source": "Citation or registry number of the data.",
        "condition": "What the patients have; choose other where none fits.",
        "design": "Whether chance assigned treatment (randomised_trial) or practice did (registry).",
        "synthetic": "true for simulated data; said wherever results are shown.",
        "truth": "For simulated data: file of the true values, which the report shows beside the estimates.",
        "components": "Parts of treatment by name; their order is the order of arms everywhere.",
        "arms": "Arms by name, each a set of components. Two arms or more, no two alike.",
        "files": "Raw files by name.",
        "patients": "Where patients, their arm and their covariates stand.",
        "instruments": "Instruments that the catalogue lacks, by name.",
        "schedule": "Planned visits; measures need them.",
        "measures": "Scores by name: which column of which file, at which visit.",
        "events": "Times to an event by name; an event named dropout gives the participant flow its reasons.",
        "adverse_events": "File of adverse events.",
        "exposures": "Per component: what was planned and taken.",
        "screening": "How many people were screened before assignment, and why some were not assigned.",
        "notes": "Sentences printed under who was analysed: what a reader must know of these data.",
    },
    "ComponentSpec": {
        "label": LABEL,
        "randomised": "Whether chance decided who got this component.",
    },
    "ArmSpec": {
        "label": LABEL,
        "components": "Names of its components; [] is an arm with neither (placebo, waiting list).",
    },
    "FileSpec": {
        "path": "Where the file is, from the project folder.",
        "format": "How the file is written.",
        "encoding": "Of text: utf-8 (the default, with or without a byte-order mark), cp1252, latin-1, ...",
        "delimiter": 'What stands between cells of a csv file: "," (the default), ";" or "\\t".',
        "decimal": "Decimal mark of text files; with a comma the delimiter must be another character.",
        "thousands": "Thousands separator of text files; none by default.",
        "sheet": "Which sheet of an Excel file; needed where several have content.",
        "dictionary": "Data dictionary of a REDCap export, a CSV file.",
        "catalog": "Value labels (sas7bcat) of a sas7bdat file.",
        "standard": "adam: the file follows CDISC ADaM.",
        "number_rows": "Name of a column that is added and numbers the rows, an id where each is a patient.",
        "derived_rows": "Rows that ADaM marks as derived (DTYPE): left out, or kept.",
        "missing_codes": 'Cells that mean "not recorded": a list, or code: reason; the empty cell always.',
    },
    "PatientsSpec": {
        "file": FILE,
        "id": ID,
        "where": WHERE,
        "rows": "patient: one row each; visit: the file repeats a patient on each visit's row.",
        "arm": "The arm, from one column (column, labels) or from one column per component (components).",
        "time_zero": "Column of each patient's baseline date; other dates are counted from it.",
        "follow_up": "How long each patient was observed; adverse event rates need it.",
        "covariates": "Baseline characteristics by name.",
    },
    "CodeColumn": {
        "column": "Column of the codes.",
        "labels": "code: name. Codes are the cell's text as it stands in the file: 01 is not 1.",
    },
    "ArmFromColumn": {
        "missing": NO_ARM,
    },
    "ArmFromComponents": {
        "components": "Each component of `components` with its column and codes.",
        "missing": NO_ARM,
    },
    "ComponentColumn": {
        "column": "Column that says whether the component was given.",
        "given": "Codes that mean given.",
        "not_given": "Codes that mean not given.",
    },
    "Covariate": {
        "column": "Its column.",
        "kind": "number, or category with levels.",
        "label": LABEL,
        "unit": "Unit of a number, as printed.",
        "low": "Smallest plausible number; what lies below is an error.",
        "high": "Largest plausible number; what lies above is an error.",
        "levels": "code: printed name, the reference first; two codes with one name are one category.",
    },
    "DateSpec": {
        "column": "Column of dates.",
        "format": 'How dates are written, such as "%Y-%m-%d" or "%d.%m.%Y".',
    },
    "TimeSpec": {
        "column": "Column of times.",
        "unit": "For numbers, counted from baseline: their unit.",
        "format": 'For dates, counted from patients.time_zero: how they are written, such as "%Y-%m-%d".',
    },
    "Schedule": {
        "unit": "Unit of the times below.",
        "visits": "name: planned time; the baseline first, at 0.",
        "windows": "visit: [from, to] in actual time, without overlap; a time outside all is an error.",
    },
    "LongVisits": {
        "layout": "long: one row per patient and visit.",
        "file": FILE,
        "id": ID,
        "where": WHERE,
        "visit": "Column of visit codes; instead of it, `time` is matched to the schedule's windows.",
        "time": "Actual time of the visit.",
        "visits": "Visits at which the measure was planned, where its times are matched; default: all that "
        "have a window. A score in another visit's window is an error.",
        "score": "Column of the total; items may stand beside it, and the two must then agree.",
        "items": "Columns of the items, scored as the instrument says.",
        "missing_items": MISSING_ITEMS,
        "value": "Whether the column holds scores or changes from baseline.",
        "baseline": "Column that repeats the baseline score; it is the score of the baseline visit "
        "where no row of that visit has one, and changes need it.",
        "instrument": "An instrument of the catalogue, or one declared under `instruments`.",
        "label": LABEL,
    },
    "WideVisits": {
        "layout": "wide: one row per patient, one column per visit.",
        "file": FILE,
        "id": ID,
        "where": WHERE,
        "columns": "visit: column of the total, each visit by its name in the schedule.",
        "items": "visit: [columns of the items], scored as the instrument says; or beside columns.",
        "missing_items": MISSING_ITEMS,
        "instrument": "An instrument of the catalogue, or one declared under `instruments`.",
        "label": LABEL,
    },
    "OutcomeEvent": {
        "label": LABEL,
        "file": FILE,
        "id": ID,
        "where": WHERE,
        "time": "From baseline to the event or to the end of observation.",
        "censored_time": "Of the censored, where their last contact stands in a column of its own.",
        "status": "Which codes mean that the event happened, and which that observation ended before; or "
        "timed, where no column says it: who has a time had it, the others were seen until censored_time.",
        "zero_time": ZERO,
        "negative_time": NEGATIVE,
        "favourable": "true for an event that one hopes for, such as remission.",
    },
    "Status": {
        "column": "Column of the status.",
        "event": "Codes that mean the event: a list, or code: reason in words.",
        "censored": "Codes that mean no event while observed, each with why observation ended.",
        "confirmed": "true answers a check that asks whether the codes really mean what is declared here.",
    },
    "AdverseEvents": {
        "file": FILE,
        "id": ID,
        "where": WHERE,
        "term": "Column of what happened.",
        "terms": "code: printed name, and no other may occur; without it terms are printed as they stand.",
        "onset": "When it began.",
        "end": "When it ended.",
        "grade": "Column of its severity.",
        "negative_time": NEGATIVE,
        "after_follow_up": "An onset after the patient's follow-up: an error, or kept.",
    },
    "Exposure": {
        "file": FILE,
        "id": ID,
        "where": WHERE,
        "start": "When the spell began.",
        "end": "When the spell ended.",
        "agent": "Column of the drug or the kind of therapy.",
        "dose": "Column of the dose.",
        "sessions_offered": "Column of planned sessions; comes with sessions_attended.",
        "sessions_attended": "Column of attended sessions.",
        "days_planned": "Column of the days for which treatment was planned; comes with days_covered.",
        "days_covered": "Column of the days with treatment taken.",
    },
    "Screening": {
        "screened": "People who were screened.",
        "excluded": "reason: how many were not assigned; adds up to screened less the patients.",
    },
    "Instrument": {
        "name": "Full name.",
        "condition": "What it measures; quality of life puts its results into the section of that name.",
        "low": "Smallest possible score.",
        "high": "Largest possible score.",
        "integer": "Whether scores are whole numbers.",
        "higher_is_better": "false where more points mean more symptoms.",
        "unit": "As printed behind a score.",
        "aliases": "Other names by which columns and papers call it.",
        "recall": "The period that it asks about, such as past 7 days.",
        "items": "How many items are summed.",
        "item_low": "Smallest answer to an item.",
        "item_high": "Largest answer to an item.",
        "reversed_items": "Positions, from 1, of items that are recoded as item_low + item_high - answer.",
        "prorating": "The published rule for a total in spite of missing items; none: all items are needed.",
        "baseline_free": "true for a rating of change, which has no baseline.",
        "response": "What counts as response.",
        "remission": "What counts as remission.",
        "severity_bands": "What ranges of scores are called, without gaps, from low to high.",
        "severity_source": SOURCE,
        "minimal_important_difference": "Smallest change that patients notice.",
        "source": SOURCE,
    },
    "Response": {
        "percent_reduction": "Fall from baseline, in percent; or give points_reduction or at_most.",
        "from_minimum": "true where the percentage is of the distance to the lowest score, which is not 0.",
        "points_reduction": "Fall from baseline, in points.",
        "at_most": "Highest score of a response.",
        "source": SOURCE,
    },
    "Remission": {
        "at_most": "Highest score in remission; or give rule.",
        "rule": "The rule in words, where no total can express it.",
        "source": SOURCE,
    },
    "ImportantDifference": {
        "points": "In points of the score; or give percent.",
        "percent": "In percent of the baseline score.",
        "source": SOURCE,
    },
    "SeverityBand": {
        "label": LABEL,
        "low": "Lowest score of the band.",
        "high": "Highest score of the band.",
    },
    "Prorating": {
        "at_least": "How many items must be answered.",
        "rounded": "true rounds the total to a whole number, halves up.",
        "source": SOURCE,
    },
    "Plan": {
        "title": "The plan's title.",
        "registration": "Where and when the plan was registered.",
        "multiplicity": "family: how the p-values of its contrasts are adjusted together.",
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
    "KaplanMeierAnalysis": {
        "model": MODEL,
        "endpoint": ENDPOINT,
        "at_risk_days": "Days, rising, at which numbers at risk are shown; about six even steps by default.",
    },
    "LogRankAnalysis": {"model": MODEL, "endpoint": ENDPOINT, "strata": STRATA},
    "CoxAnalysis": {"model": MODEL, "endpoint": ENDPOINT, "covariates": COVARIATES, "strata": STRATA},
    "RmstAnalysis": {
        "model": MODEL,
        "endpoint": ENDPOINT,
        "horizon_days": "Up to which day; the shortest arm's longest follow-up by default.",
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
    "EventEndpoint": {"kind": KIND, "event": "An event of the cohort file."},
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
    "FigureSpec": {"kind": "What is drawn."},
    "TableSpec": {"kind": "How the rows are laid out."},
}

DESCRIPTIONS = {f"{model}.{key}": text for model, keys in _BY_MODEL.items() for key, text in keys.items()}
"""``Class.key``, after the class that declares the key -> its description."""
