"""The documents name what exists: every model, endpoint, quantity, kind and key."""

import re
from pathlib import Path
from typing import get_args

import pytest

from outcomes.config import outputs, plan
from outcomes.config.cohort import AdverseEvents, Cohort, Covariate, Exposure, OutcomeEvent, PatientsSpec
from outcomes.config.definition import Definition
from outcomes.config.files import FileSpec
from outcomes.config.instrument import Instrument
from outcomes.config.measures import LongVisits, Schedule, WideVisits
from outcomes.config.rule import Cutoff, Dropout, ReliableChange, Rule
from outcomes.tables import QUANTITIES

DOCS = Path(__file__).parents[2] / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
DEFINITIONS = (DOCS / "definitions.md").read_text(encoding="utf-8").partition("## What the sources say")[0]
ESTIMATES = (DOCS / "estimates.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "model",
    [
        Cohort, PatientsSpec, Covariate, Schedule, LongVisits, WideVisits, OutcomeEvent, AdverseEvents,
        Exposure, FileSpec, Instrument, plan.AnalysisBase, plan.MmrmAnalysis, plan.MixedAnalysis,
        plan.KaplanMeierAnalysis, plan.LogRankAnalysis, plan.CoxAnalysis, plan.RmstAnalysis,
        plan.CompetingRisksAnalysis, plan.IntervalCensoredAnalysis, plan.MultiverseAnalysis,
    ],
)  # fmt: skip
def test_every_key_of_the_configuration_is_explained(model):
    assert [key for key in model.model_fields if key not in keys_named(CONFIGURATION)] == []


@pytest.mark.parametrize("model", [Definition, Rule, ReliableChange, Cutoff, Dropout])
def test_every_key_of_a_definition_is_explained(model):
    assert [key for key in model.model_fields if key not in keys_named(DEFINITIONS)] == []


def keys_named(page):
    return set(re.findall(r"[a-z_]+(?=`)|(?<=[`{ ])[a-z_]+(?=[:,}])", page))


def test_every_kind_is_listed():
    kinds = [*get_args(outputs.FigureKind), *get_args(outputs.TableKind), *get_args(outputs.Section)]
    assert [kind for kind in [*plan.MODEL_FAMILIES, *kinds] if f"`{kind}`" not in CONFIGURATION] == []


def test_every_quantity_is_explained():
    assert [quantity for quantity in QUANTITIES if f"`{quantity}`" not in ESTIMATES] == []
