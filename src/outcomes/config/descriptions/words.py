"""What several keys say alike."""

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
