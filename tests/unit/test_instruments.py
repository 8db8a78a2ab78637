"""The instrument catalogue: each number as its source prints it, and each with a source."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from outcomes.config.base import build
from outcomes.config.instrument import Instrument
from outcomes.errors import ConfigError
from outcomes.instruments import catalogue_page, load_catalogue, match_instruments
from outcomes.instruments.matching import compact

CATALOGUE = load_catalogue()
PAGE = Path(__file__).parents[2] / "docs" / "instruments.md"

# low, high, items, higher is better, response (percent, points or score), remission, important difference
FACTS = {
    "HAM-D17": (0, 52, 17, False, 50, 7, 3),
    "HAM-D24": (0, 75, 24, False, 50, "rule", None),
    "MADRS": (0, 60, 10, False, 50, 9, 3),  # Hawley 2002: below 10
    "PHQ-9": (0, 27, 9, False, 50, 4, 5),  # Kroenke 2001: 0 to 27, mild from 5; Löwe 2004: 5 points
    "BDI": (0, 63, 21, False, 50, 12, None),  # Riedel 2010: 12 or lower
    "BDI-II": (0, 63, 21, False, 50, 13, "17.5 %"),  # Button 2015: 17.5 %
    "CES-D": (0, 60, 20, False, None, None, None),
    "QIDS-SR16": (0, 27, None, False, 50, 5, None),
    "GAD-7": (0, 21, 7, False, None, None, 4),
    "HAM-A": (0, 56, 14, False, 50, 7, None),
    "BAI": (0, 63, 21, False, None, None, None),
    "PARS": (0, 30, 6, False, 35, 8, None),  # Caporino 2013: response 35, remission 8 to 10
    "LSAS": (0, 144, 48, False, 29, 30, None),  # von Glischinski 2018: 29 %, 30 (rated by a clinician)
    "LSAS-SR": (0, 144, 48, False, 28, 35, None),  # von Glischinski 2018: 28 %, 35 (self-report)
    "PDSS-SR": (0, 28, 7, False, 40, 5, None),  # Furukawa 2009: 40 % and 5
    "Y-BOCS": (0, 40, 10, False, 35, 12, None),  # Mataix-Cols 2016: 35 % and 12
    "PCL-5": (0, 80, 20, False, "15 points", 28, None),  # Marx 2022: 15 and 28
    "CAPS-5": (0, 80, 20, False, "13 points", 8, None),  # Marx 2022: 13 and 8
    "PANSS": (30, 210, 30, False, 50, "rule", 15),
    "BPRS": (18, 126, 18, False, 50, None, 10),  # Leucht 2006: 10 points of the BPRS, 15 of the PANSS
    "BPRS-24": (24, 168, 24, False, None, None, None),
    "YMRS": (0, 60, 11, False, 50, 12, 6.6),  # Tohen 2000: 50 % and 12; Lukasiewicz 2013: 6.6
    "CGI-S": (1, 7, None, False, None, None, None),
    "CGI-I": (1, 7, None, False, "at most 2", None, None),
    "ISI": (0, 28, 7, False, "8 points", 7, 6),  # Morin 2009: more than 7, below 8; Yang 2009: 6
    "EQ-5D-5L": (-0.285, 1, None, True, None, None, 0.063),  # Devlin 2018: from -0.285
    "EQ-5D-5L US": (-0.573, 1, None, True, None, None, 0.078),
    "EQ VAS": (0, 100, None, True, None, None, None),
    "SF-12 PCS": (0, 100, None, True, None, None, None),
    "SF-12 MCS": (0, 100, None, True, None, None, None),
    "Q-LES-Q-SF": (0, 100, None, True, None, None, None),
    "Q-LES-Q-SF raw": (14, 70, 14, True, None, None, None),
    "WHODAS 2.0": (0, 100, None, False, None, None, None),
    "WHODAS 2.0-12": (0, 48, 12, False, None, None, None),
    "WSAS": (0, 40, 5, False, None, None, None),
    "SDS": (0, 30, 3, False, "at most 12", 6, None),
}  # fmt: skip

# first score of each band after the first
BANDS = {
    "HAM-D17": (8, 17, 24),  # Zimmerman 2013
    "MADRS": (7, 20, 35),  # Snaith 1986
    "PHQ-9": (5, 10, 15, 20),  # Kroenke 2001
    "BDI": (10, 19, 30),  # Beck 1988
    "BDI-II": (14, 20, 29),
    "CES-D": (16,),  # Radloff 1977
    "QIDS-SR16": (6, 11, 16, 21),  # Rush 2003
    "GAD-7": (5, 10, 15),  # Spitzer 2006
    "HAM-A": (8, 15, 24),  # Matza 2010
    "BAI": (8, 16, 26),
    "PDSS-SR": (2, 6, 10, 14),  # Furukawa 2009
    "Y-BOCS": (14, 26, 35),  # Storch 2015
    "CGI-S": (2, 3, 4, 5, 6, 7),
    "ISI": (8, 15, 22),  # Bastien 2001
    "WSAS": (10, 21),  # Mundt 2002: below 10, 10 to 20, above 20
}

# names that stand for more than one instrument, or version, of the catalogue: the user decides
AMBIGUOUS = {
    "hamd", "hdrs", "hrsd", "hamilton", "hamiltondepression", "bdi", "bdi21", "beck", "beckdepression",
    "bprs", "cgi", "eq5d", "eq5d5l", "eq5dindex", "eq5dutility", "sf12", "qlesq", "qlesqsf", "qles",
    "whodas", "whodas2",
}  # fmt: skip


def response_of(instrument):
    rule = instrument.response
    if rule is None or rule.percent_reduction is not None:
        return rule and rule.percent_reduction
    return f"at most {rule.at_most:g}" if rule.at_most is not None else f"{rule.points_reduction:g} points"


def remission_of(instrument):
    return instrument.remission and (
        instrument.remission.at_most if instrument.remission.rule is None else "rule"
    )


def difference_of(instrument):
    found = instrument.minimal_important_difference
    return found and (found.points if found.points is not None else f"{found.percent:g} %")


@pytest.mark.parametrize("name", FACTS)
def test_facts_of_an_instrument(name):
    found = CATALOGUE[name]
    assert (
        found.low, found.high, found.items, found.higher_is_better, response_of(found), remission_of(found),
        difference_of(found),
    ) == FACTS[name]  # fmt: skip


def test_every_instrument_has_its_facts_here():
    assert list(CATALOGUE) == list(FACTS)


def test_severity_bands_start_where_their_sources_say():
    found = {
        name: tuple(band.low for band in instrument.severity_bands[1:])
        for name, instrument in CATALOGUE.items()
        if instrument.severity_bands
    }
    assert found == BANDS


def test_severity_bands_cover_the_whole_range_without_a_gap():
    for instrument in CATALOGUE.values():
        bands = instrument.severity_bands
        if bands:
            assert (bands[0].low, bands[-1].high) == (instrument.low, instrument.high)
        assert all(after.low == before.high + 1 for before, after in pairwise(bands))


def test_every_rule_names_a_source_that_can_be_found():
    for name, instrument in CATALOGUE.items():
        rules = (
            instrument.response, instrument.remission, instrument.minimal_important_difference,
            instrument.prorating,
        )  # fmt: skip
        sources = [instrument.source, *(rule.source for rule in rules if rule)]
        sources += [instrument.severity_source] if instrument.severity_bands else []
        for source in sources:
            assert re.search(r"\b(19|20)\d\d\b|datadictionary\.nhs\.uk", source), (name, source)


def test_items_add_up_to_the_range():
    uniform = [i for i in CATALOGUE.values() if i.item_low is not None]
    assert uniform
    for instrument in uniform:
        assert instrument.items * instrument.item_low == instrument.low
        assert instrument.items * instrument.item_high == instrument.high


def test_rules_lie_inside_the_range():
    for instrument in CATALOGUE.values():
        span = instrument.high - instrument.low
        if instrument.remission and instrument.remission.at_most is not None:
            assert instrument.low < instrument.remission.at_most < instrument.high
        if instrument.response and instrument.response.percent_reduction is not None:
            assert 0 < instrument.response.percent_reduction < 100
        if instrument.minimal_important_difference and instrument.minimal_important_difference.points:
            assert instrument.minimal_important_difference.points < span


def test_remission_is_no_worse_than_mild():
    for instrument in CATALOGUE.values():
        remission = instrument.remission
        if instrument.severity_bands and remission and remission.at_most is not None:
            assert remission.at_most <= instrument.severity_bands[1].high


def test_percentages_count_from_the_lowest_score_where_that_is_not_zero():
    with_percentage = {n: i for n, i in CATALOGUE.items() if i.response and i.response.percent_reduction}
    assert {n for n, i in with_percentage.items() if i.response.from_minimum} == {"PANSS", "BPRS"}
    assert {n for n, i in with_percentage.items() if i.low != 0} == {"PANSS", "BPRS"}


def test_the_public_questionnaires_can_be_scored_from_their_items():
    """The National Center for PTSD states no rule for missing items of the PCL-5, so it has none here."""
    kept = {
        n: CATALOGUE[n].prorating and CATALOGUE[n].prorating.at_least
        for n in ("PHQ-9", "GAD-7", "PCL-5", "WSAS")
    }
    assert kept == {"PHQ-9": 7, "GAD-7": 5, "PCL-5": None, "WSAS": 4}
    assert CATALOGUE["CES-D"].reversed_items == (4, 8, 12, 16)  # Radloff 1977


def test_only_deliberate_names_stand_for_several_instruments():
    names = Counter(
        alias
        for name, instrument in CATALOGUE.items()
        for alias in {compact(name), *(compact(alias) for alias in instrument.aliases)}
    )
    assert {name for name, n in names.items() if n > 1} == AMBIGUOUS


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("phq9", ["PHQ-9"]), ("PHQ_9", ["PHQ-9"]), ("phqtot", ["PHQ-9"]), ("phq9_w4", ["PHQ-9"]),
        ("PHQ-9 total score", ["PHQ-9"]), ("w4_phq9", ["PHQ-9"]), ("total_gad7", ["GAD-7"]),
        ("hamd", ["HAM-D17", "HAM-D24"]), ("hamd24", ["HAM-D24", "HAM-D17"]),
        ("HDRS17", ["HAM-D17", "HAM-D24"]),
        ("hrsd17", ["HAM-D17", "HAM-D24"]), ("bdi.pre", ["BDI", "BDI-II"]), ("bdi0", ["BDI", "BDI-II"]),
        ("bdi2", ["BDI-II", "BDI"]), ("BDI_II", ["BDI-II", "BDI"]), ("PANSSTOT", ["PANSS"]),
        ("cgis0", ["CGI-S"]),
        ("madrs12", ["MADRS"]), ("isi_base", ["ISI"]), ("wsas.6", ["WSAS"]),
        ("sf12_mcs", ["SF-12 MCS", "SF-12 PCS"]),
        ("eq5d_vas", ["EQ VAS", "EQ-5D-5L", "EQ-5D-5L US"]), ("hama", ["HAM-A"]),
        ("lsas_sr", ["LSAS-SR", "LSAS"]), ("LSASSR12", ["LSAS-SR"]), ("lsas0", ["LSAS"]),
    ],
)  # fmt: skip
def test_a_column_is_matched_by_its_name(column, found):
    assert match_instruments(column) == found


@pytest.mark.parametrize(
    "column",
    [
        "",
        "id",
        "age",
        "sex",
        "week",
        "baseline",
        "bmi",
        "group",
        "...",
        "phq2",
        "PHQ8",
        "gad2",
        "hamd6_w4",
        "sf36",
        "disability",
    ],
)
def test_a_column_of_another_name_matches_nothing(column):
    assert match_instruments(column) == []


def test_the_page_says_where_every_item_is_needed():
    sections = {text.split("\n")[0]: text for text in catalogue_page().split("\n## ")}
    needed = "Missing items: every item is needed; no source of a prorating rule is known."
    assert needed in sections["PCL-5"]
    assert needed not in sections["PHQ-9"]
    assert "Missing items" not in sections["EQ VAS"]


def test_the_page_is_current():
    """If not: write what `outcomes.instruments.catalogue_page()` returns to docs/instruments.md."""
    assert PAGE.read_text(encoding="utf-8") == catalogue_page()


OWN = {
    "name": "My scale", "condition": "depression", "low": 0, "high": 10, "integer": True,
    "higher_is_better": False, "source": "Author 2001, Journal 1:1",
}  # fmt: skip


def own(**more) -> Instrument:
    return build(Instrument, OWN | more, "cohort.yaml")


def test_an_instrument_of_ones_own_needs_seven_keys():
    assert own().severity_bands == ()
    for key in OWN:
        with pytest.raises(ConfigError, match=f"{key}: is missing"):
            build(Instrument, {k: v for k, v in OWN.items() if k != key}, "cohort.yaml")


BAND = {"label": "mild", "low": 0, "high": 4}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"low": 10}, "low must lie below high"),
        ({"items": 5, "item_low": 0}, "give both item_low and item_high, or neither"),
        ({"item_low": 0, "item_high": 2}, "need items, the number of items"),
        ({"items": 5, "item_low": 0, "item_high": 3}, "add up to 0 to 15, but the range is 0 to 10"),
        ({"items": 5, "reversed_items": [1]}, "recoded as item_low + item_high - answer"),
        ({"items": 5, "item_low": 0, "item_high": 2, "reversed_items": [6]}, "from 1 to items, each once"),
        ({"items": 5, "item_low": 0, "item_high": 2, "reversed_items": [1, 1]}, "from 1 to items, each once"),
        ({"items": 5, "prorating": {"at_least": 5, "source": "s"}}, "must be smaller than items"),
        ({"severity_bands": [BAND]}, "severity_bands need a severity_source"),
        ({"severity_bands": [BAND, {"label": "severe", "low": 6, "high": 10}], "severity_source": "s"},
         "not contiguous at 'mild' and 'severe': each starts one point above the last"),
        ({"severity_bands": [{**BAND, "high": 11}], "severity_source": "s"}, "leave the range 0 to 10"),
        ({"severity_bands": [{**BAND, "low": 5}], "severity_source": "s"}, "'mild': low lies above high"),
        ({"response": {"source": "s"}}, "give one of percent_reduction, points_reduction and at_most"),
        ({"response": {"percent_reduction": 50, "at_most": 2, "source": "s"}}, "give one of"),
        ({"response": {"percent_reduction": 100, "source": "s"}}, "less than 100"),
        ({"response": {"at_most": 2, "from_minimum": True, "source": "s"}}, "is a percentage of"),
        ({"baseline_free": True, "response": {"percent_reduction": 50, "source": "s"}}, "has no reduction"),
        ({"higher_is_better": True, "response": {"percent_reduction": 50, "source": "s"}}, "leave it out"),
        ({"remission": {"source": "s"}}, "give either at_most"),
        ({"remission": {"at_most": 10, "source": "s"}}, "remission.at_most must lie inside the range"),
        ({"higher_is_better": True, "remission": {"at_most": 5, "source": "s"}}, "leave it out"),
        ({"minimal_important_difference": {"source": "s"}}, "give either points or percent"),
        ({"minimal_important_difference": {"points": 10, "source": "s"}}, "must be smaller than the range"),
    ],
)  # fmt: skip
def test_an_instrument_that_contradicts_itself_is_refused(more, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        own(**more)
