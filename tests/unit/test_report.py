"""The report: completeness, flags, escaping, sections; checked on rows made by hand."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest
from report_rows import (
    CONTENTS,
    four_arm_content,
    synthetic_content,
    two_arm_content,
)
from report_settings import NO_EVENTS_PRINTED

from outcomes.config.headlines import HEADLINES
from outcomes.errors import Note
from outcomes.io import check
from outcomes.report.content import ReportContent
from outcomes.report.index import IndexEntry, render_index
from outcomes.report.page import render_report, summarise
from outcomes.report.rendering import SYNTHETIC
from outcomes.report.sentences import answers
from outcomes.tables import ESTIMATES

FLAG = "Antidepressant was not randomised: this comparison is observational"
HOSTILE = "<script>alert(1)</script><b>\"x\" & 'y'</b>"


class Page(HTMLParser):
    """Elements with their attributes, and the text that a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._inside:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(params=sorted(CONTENTS))
def content(request) -> ReportContent:
    return CONTENTS[request.param]()


def test_the_rows_made_by_hand_fulfil_the_contract(content):
    assert check(content.estimates, ESTIMATES) == []


def test_no_verdict_words(content):
    text = Page(render_report(content)).text.lower()
    for word in ("significant", "no effect", "proves", "trend towards"):
        assert word not in text


def test_one_sentence_for_each_contrast_of_the_plan_stands_on_the_page(content):
    text = Page(render_report(content)).text
    for name, analysis in content.plan.analyses.items():
        if analysis.model not in HEADLINES:
            continue
        pairs = content.cohort.treatment.pairs() if analysis.contrasts == "all_pairs" else analysis.contrasts
        found = answers(content, name)
        assert [(a.arm, a.comparator) for a in found] == list(pairs)
        for answer in found:
            assert answer.claim in text
            assert answer.numbers in text


def test_every_contrast_row_is_in_a_table_with_its_line(content):
    """The estimate, its interval and the line of the file stand together in one line of a table."""
    lines = [Page(row).text for row in re.findall(r"<tr.*?</tr>", render_report(content), flags=re.DOTALL)]
    for row in content.rows:
        if row["comparator"] is None or row["quantity"] in ("standardised_mean_difference", "truth"):
            continue
        form = content.format_of(row)
        interval = "" if row["ci_low"] is None else form.interval(row["ci_low"], row["ci_high"])
        shown = [form.number(row["estimate"]), interval]
        source = str(row["line"])
        assert any(line.split()[-1] == source and all(part in line for part in shown) for line in lines), (
            source
        )


def test_the_line_is_the_line_of_the_file(content, tmp_path):
    from outcomes.io import write_table

    write_table(content.estimates, ESTIMATES, tmp_path / "estimates.csv")
    lines = (tmp_path / "estimates.csv").read_text(encoding="utf-8").splitlines()
    for row in content.rows:
        assert lines[row["line"] - 1].split(",")[1] == row["analysis"]


def test_every_comparison_that_differs_in_medication_carries_the_flag():
    page = render_report(four_arm_content())
    rows = [Page(row).text for row in re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL)]
    compared = "Beat the Blues + antidepressant vs Beat the Blues"
    flagged = [row for row in rows if compared in row or "antidepressant vs usual care" in row]
    assert len(flagged) > 3
    assert all(FLAG.partition(":")[0] in row for row in flagged)
    randomised = [row for row in rows if row.startswith(("Beat the Blues vs usual care",))]
    assert randomised
    assert not any(FLAG in row for row in randomised)
    coefficient = next(row for row in rows if row.startswith("Antidepressant") and "−2.825" in row)
    assert FLAG.partition(":")[0] in coefficient


def test_figures_that_compare_across_medication_carry_the_flag():
    captions = re.findall(r"<figcaption>.*?</figcaption>", render_report(four_arm_content()), flags=re.DOTALL)
    texts = [Page(caption).text for caption in captions]
    assert [FLAG in text for text in texts] == [False, True, True]
    assert "(Beat the Blues + antidepressant vs Beat the Blues)" in texts[2]


def test_randomised_cohorts_carry_no_flag():
    for make in (two_arm_content, synthetic_content):
        assert "observational" not in Page(render_report(make())).text


def test_synthetic_data_say_so_at_the_top_and_wherever_results_are_headlined():
    page = render_report(synthetic_content())
    assert page.index(SYNTHETIC, page.index("<body>")) < page.index("<h1>")
    for section in ("answer", "symptoms", "relapse", "quality_of_life", "harms", "truth", "details"):
        start = page.index(f'<section id="{section}"')
        assert SYNTHETIC in page[start : page.index("</section>", start)], section
    assert SYNTHETIC not in render_report(two_arm_content())


def test_truth_stands_beside_its_estimate():
    page = render_report(synthetic_content())
    start = page.index('<section id="truth"')
    text = Page(page[start : page.index("</section>", start)]).text
    assert "Difference in means Month 8 −1.9 −2.1 −3.9 to −0.3 yes" in text
    assert "Difference in means Month 8 9.0 5.0 2.1 to 7.9 no" in text
    assert "Intervals that hold the truth: 1 of 1." in text


def test_truth_is_shown_even_where_the_outputs_file_forgets_it():
    content = synthetic_content()
    tables = {name: spec for name, spec in content.outputs.tables.items() if spec.kind != "truth"}
    bare = dataclasses.replace(content, outputs=content.outputs.model_copy(update={"tables": tables}))
    assert "Intervals that hold the truth: 1 of 1." in Page(render_report(bare)).text


def test_sections_stand_in_order_and_only_with_content():
    page = render_report(synthetic_content())
    order = re.findall(r'<section id="(\w+)"', page)
    assert order == [
        "question", "who", "answer", "symptoms", "relapse", "quality_of_life", "harms", "truth", "details",
        "methods", "warnings", "provenance",
    ]  # fmt: skip
    assert re.findall(r'<a href="#(\w+)">', page) == order


def test_tables_by_kind():
    text = Page(render_report(four_arm_content())).text
    assert "Age (years) 40.0 (11.2) 41.0 (11.2) 42.0 (11.2) 43.0 (11.2) −0.09" in text
    assert "female 14 (58.3%) 15 (62.5%) 16 (66.7%) 17 (70.8%)" in text
    assert "Missing 1 1 1 1" in text
    assert "Month 8 12.9 10.4 to 15.5; n = 24" in text
    assert "Log-likelihood (REML) −935.746" in text
    assert "Beat the Blues × month 8 −0.705" in text
    assert "No score after baseline 1 1 1 1 4" in text
    harms = Page(render_report(synthetic_content())).text
    assert harms.index("Any adverse event 31 (25.8%) 34 0.30") < harms.index("Nausea 24 (20.0%) 27 0.23")
    assert harms.index("Nausea 24") < harms.index("Headache 12")
    survival = Page(render_report(two_arm_content())).text
    assert "28 14 to 56; n = 64 not reached 77 to not reached; n = 61" in survival


def test_methods_warnings_and_provenance_are_told():
    content = four_arm_content()
    methods = {
        **content.methods,
        "bdi_mixed": {"methods": {"Estimation": "REML"}, "warnings": ["gradient 1e-3"]},
    }
    text = Page(render_report(dataclasses.replace(content, methods=methods))).text
    assert "Estimation REML" in text
    assert "gradient 1e-3" in text
    assert f"Not estimable: {NO_EVENTS_PRINTED} (Risk difference" in text
    assert "Boundary: the variance of the random slope is zero" in text
    assert "inputs · data/trial/scores.csv " + "0c" * 32 in text
    assert "code sha256 " + "4f" * 32 in text


def test_nothing_becomes_markup():
    """Title, description, labels, captions, questions, terms, messages, methods, alt texts, provenance."""
    content = four_arm_content()
    cohort = content.cohort.model_copy(
        update={"title": HOSTILE, "description": HOSTILE, "source": HOSTILE, "notes": (HOSTILE,)}
    )
    analyses = {
        name: analysis.model_copy(update={"question": HOSTILE})
        for name, analysis in content.plan.analyses.items()
    }
    plan = content.plan.model_copy(update={"title": HOSTILE, "registration": HOSTILE, "analyses": analyses})
    tables = {name: t.model_copy(update={"caption": HOSTILE}) for name, t in content.outputs.tables.items()}
    estimates = content.estimates.copy()
    estimates.loc[estimates["message"].notna(), "message"] = HOSTILE
    estimates.loc[estimates["term"] == "residual", "term"] = HOSTILE
    figures = tuple(
        dataclasses.replace(f, alt=HOSTILE, caption=HOSTILE, svg_text=f"<svg>{HOSTILE}</svg>")
        for f in content.figures
    )
    bad = dataclasses.replace(
        content,
        cohort=cohort,
        plan=plan,
        outputs=content.outputs.model_copy(update={"tables": tables}),
        estimates=estimates,
        figures=figures,
        methods={name: {"methods": {HOSTILE: HOSTILE}, "warnings": [HOSTILE]} for name in analyses},
        provenance={HOSTILE: {HOSTILE: HOSTILE}},
        labels=dict.fromkeys(content.labels, HOSTILE),
    )
    entry = IndexEntry(**(json.loads(json.dumps(summarise(bad))) | {"design": HOSTILE, "condition": HOSTILE}))
    clean, clean_entry = Page(render_report(content)), Page(render_index([IndexEntry(**summarise(content))]))
    for text, harmless in ((render_report(bad), clean), (render_index([entry]), clean_entry)):
        page = Page(text)
        assert "<script" not in text.lower()
        assert not page.all("b")
        assert HOSTILE.split("<b>", maxsplit=1)[0] in html.unescape(text)
        assert {tag for tag, _ in page.elements} <= {tag for tag, _ in harmless.elements}
        assert {key for _, a in page.elements for key in a} <= {
            key for _, a in harmless.elements for key in a
        }


def test_a_colour_that_is_none_is_refused():
    with pytest.raises(ValueError, match="arm_colours: not #RRGGBB for therapy"):
        four_arm_content(arm_colours={"therapy": "red;background:url(http://x)"})


def test_nothing_is_loaded_from_elsewhere(content):
    page = Page(render_report(content))
    assert not page.all("script")
    for _, attributes in page.elements:
        for key in ("src", "href", "action", "data", "srcset", "poster"):
            assert not re.match(r"(https?:)?//", attributes.get(key) or "")
    style = re.search(r"<style>(.*?)</style>", render_report(content), flags=re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_page_is_accessible_in_its_bones(content):
    text = render_report(content)
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("nav")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert text.count("<table>") == text.count("<caption>")
    assert all(th.get("scope") for th in page.all("th"))
    assert all(img.get("alt") for img in page.all("img"))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a") if (a["href"] or "").startswith("#")} <= set(ids)


def test_the_same_content_gives_the_same_bytes(content):
    assert render_report(content) == render_report(content)


def test_the_summary_is_plain_json_and_makes_the_index():
    contents = [make() for make in CONTENTS.values()]
    summaries = [json.loads(json.dumps(summarise(content))) for content in contents]
    text = render_index([IndexEntry(**summary) for summary in summaries])
    page = Page(text)
    assert [s["n_patients"] for s in summaries] == [125, 100, None]
    assert summaries[1]["answers"][0]["text"].startswith(
        "At month 8, the mean BDI score was 2.0 points lower with Beat the Blues + antidepressant than "
        "with antidep"
    )
    assert FLAG in page.text
    assert text.count(f"<strong>{SYNTHETIC}</strong>") == 1
    links = {a["href"] for a in page.all("a")}
    for content in contents:
        assert {f"{content.name}/release/report.html", f"{content.name}/release/estimates.csv"} <= links
    assert "No cohort has been run yet." in render_index([])


def test_the_index_is_light():
    code = "import sys, outcomes.report.index; sys.exit('pandas' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_empty_cohort_still_makes_a_page():
    content = two_arm_content(figures=())
    empty = dataclasses.replace(content, estimates=content.estimates.iloc[:0], methods={}, provenance={})
    assert isinstance(empty.estimates, pd.DataFrame)
    text = Page(render_report(empty)).text
    assert text.count("the table of estimates has no row for it") == 3
    assert "Neither the data nor a fit gave a warning" in text


def test_what_was_found_in_the_data_stands_among_the_warnings():
    notes = (
        Note("warning", "data/scores.csv", "phq9", "80 of 90 patients repeat the baseline score at week_4"),
        Note("note", "data/people.csv", "", "starts with a byte-order mark, which is left out"),
    )
    content = two_arm_content(notes=notes)
    text = Page(render_report(content)).text
    warning = text.index("Data: data/scores.csv: phq9: 80 of 90 patients repeat the baseline score")
    assert text.index("Warnings", warning - 200) < warning < text.index("Noted on reading the data")
    assert "Data: data/people.csv: starts with a byte-order mark" in text
    without = summarise(two_arm_content())["n_warnings"]
    assert summarise(content)["n_warnings"] == without + 1
