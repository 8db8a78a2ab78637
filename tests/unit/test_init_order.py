"""`outcomes init` puts levels in an order that the order of rows does not decide, and knows abbreviations."""

from __future__ import annotations

import pytest
from drafts import draft, people
from test_init_draft import column
from test_init_quirks import drafted

from outcomes.scaffold.init.treatments import arms_of


def levels(root, data, values, name="grade"):
    frame = people().assign(phq9_w0=range(24), phq9_w6=range(24))
    frame[name] = (list(values) * 24)[:24]
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(root, "trial.csv")
    return list(cohort.patients.covariates[name].levels.values()), text


@pytest.mark.parametrize(
    ("values", "ordered", "why"),
    [
        (("severe", "mild", "moderate"), ["mild", "moderate", "severe"], "by their words"),
        (("High", "Low", "Medium"), ["Low", "Medium", "High"], "by their words"),
        (("current", "never", "former"), ["never", "former", "current"], "by their words"),
        (("schwer", "leicht"), ["leicht", "schwer"], "by their words"),
        (("yes", "no"), ["no", "yes"], "by their words"),
        (("c10", "c2", "c1"), ["c1", "c2", "c10"], "in the order of the alphabet"),
        (("white", "asian", "Black"), ["asian", "Black", "white"], "in the order of the alphabet"),
        ((2, 1), ["2", "1"][::-1], "by their codes"),
    ],
)
def test_levels_have_the_order_of_their_words(tmp_path, data, values, ordered, why):
    found, text = levels(tmp_path, data, values)
    assert found == ordered
    assert f"# guess: {why}; the first is the reference" in text


def test_the_order_of_rows_is_no_matter(tmp_path, data):
    frame = people().assign(phq9_w0=range(24), phq9_w6=range(24), grade=["severe", "mild", "mild"] * 8)
    texts = []
    for rows in (frame, frame[::-1]):
        rows.to_csv(data / "trial.csv", index=False)
        texts.append(drafted(tmp_path, "trial.csv")[1])
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        (("control", "ssri", "ssri+cbt"), ["Control", "SSRI", "SSRI+CBT"]),
        (("tau", "emdr", "pe"), ["TAU", "EMDR", "PE"]),
        (("sham", "rtms", "rtms + drug"), ["Sham", "rTMS", "rTMS + drug"]),
        (("placebo", "active drug"), ["Placebo", "Active drug"]),
        (("Waitlist", "Act now"), ["Waitlist", "Act now"]),
    ],
)
def test_known_abbreviations_stay_in_capitals(written, printed):
    found = arms_of((column(list(written) * 5, "group"),)).arms
    assert sorted(arm.label for arm in found.values()) == sorted(printed)
