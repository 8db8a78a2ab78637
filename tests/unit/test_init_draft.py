"""What `outcomes init` says and writes: open questions with their places, comments kept, drafts not lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from outcomes.config.base import parse_yaml
from outcomes.config.project import MainConfig, load_file
from outcomes.errors import ConfigError, DataError, OutcomesError
from outcomes.instruments import load_catalogue
from outcomes.scaffold.init import init_cohort
from outcomes.scaffold.init.columns import look_at_column, summary
from outcomes.scaffold.init.text import code, comment, text
from outcomes.scaffold.init.treatments import arms_of
from outcomes.scaffold.init.visits import plan_visits
from outcomes.stages.check import check_project

REPOSITORY = Path(__file__).parents[2]
COHORT = "config/cohorts/trial.yaml"


@pytest.fixture
def root(tmp_path):
    """A project folder with one file: a small trial with a score and a relapse."""
    (tmp_path / "data").mkdir()
    (tmp_path / "config").mkdir()
    shutil.copy(REPOSITORY / "config/outputs.yaml", tmp_path / "config/outputs.yaml")
    rows = [
        f"zq{k},{['A', 'placebo'][k % 2]},{10 + k % 9},{5 + k % 8},{20 + k},{k % 3 % 2}" for k in range(20)
    ]
    header = "patient,arm,phq9_0,phq9_6,days_to_relapse,relapse"
    (tmp_path / "data/trial.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return tmp_path


def test_says_what_was_recognised_what_is_open_and_what_is_next(root):
    lines = init_cohort(root, [Path("data/trial.csv")])
    said = "\n".join(lines)
    assert "data/trial.csv: csv, 20 rows, 6 columns, 20 patients (patient)" in said
    assert "measure: phq9 (PHQ-9: name, and range 0 to 27" in said
    assert "event: relapse, time in days_to_relapse, status in relapse" in said
    assert "config/config.yaml: added the cohort trial" in said
    assert lines[-1] == "Next: answer them, look at the guesses, then: outcomes check"
    places = re.findall(r"^  \d+\. (config/\S+?):(\d+): (\w+):", said, flags=re.MULTILINE)
    assert [key for _, _, key in places] == ["design", "randomised", "unit"]
    written = (root / COHORT).read_text(encoding="utf-8").splitlines()
    assert all(f"{key}:  # TO FILL IN:" in written[int(line) - 1] for _, line, key in places)


def test_check_names_every_open_question(root):
    init_cohort(root, [root / "data/trial.csv"])
    with pytest.raises(OutcomesError) as caught:
        check_project(root)
    places = {problem.where for problem in caught.value.problems if problem.source == COHORT}
    assert places == {"design", "components.arm_a.randomised", "schedule.unit", "lines 8, 12, 38"}


def test_answered_it_is_in_order(root):
    init_cohort(root, [root / "data/trial.csv"])
    path = root / COHORT
    draft = path.read_text(encoding="utf-8")
    for key, answer in (("design", "randomised_trial"), ("randomised", "true"), ("unit", "week")):
        draft = draft.replace(f"{key}:  # TO FILL IN:", f"{key}: {answer}  # was:")
    path.write_text(draft, encoding="utf-8")
    assert check_project(root)[0].startswith("trial: in order; 20 patients (neither 10, arm_a 10)")


def test_both_files_name_their_schema_in_the_first_line(root):
    init_cohort(root, [root / "data/trial.csv"])
    for kind in ("cohort", "plan"):
        first = (root / f"config/{kind}s/trial.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../schemas/{kind}.schema.json"


def test_neither_the_draft_nor_what_is_said_holds_an_id(root):
    said = "\n".join(init_cohort(root, [root / "data/trial.csv"]))
    written = "".join(path.read_text(encoding="utf-8") for path in (root / "config").rglob("*.yaml"))
    assert re.search(r"zq\d", said + written) is None


def test_an_earlier_draft_is_kept_without_force(root):
    init_cohort(root, [root / "data/trial.csv"])
    path = root / COHORT
    path.write_text("mine: true\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"trial\.yaml:\n  - is there already: give another --name, or --force"
    ):
        init_cohort(root, [root / "data/trial.csv"])
    assert path.read_text(encoding="utf-8") == "mine: true\n"
    init_cohort(root, [root / "data/trial.csv"], force=True)
    assert "design:" in path.read_text(encoding="utf-8")
    assert list(load_file(root, "config/config.yaml", MainConfig).cohorts) == ["trial"]


def test_config_keeps_its_comments(root):
    old = (
        "# all of ours\nseed: 5  # five\ncohorts:  # these\n    one:\n        cohort: config/one.yaml\n"
        "        plan: config/one_plan.yaml  # old\n\n# the end\noutputs: config/outputs.yaml\n"
    )
    (root / "config/config.yaml").write_text(old, encoding="utf-8")
    init_cohort(root, [root / "data/trial.csv"])
    new = (root / "config/config.yaml").read_text(encoding="utf-8")
    assert [line for line in new.splitlines() if line not in old.splitlines()] == [
        "    trial: {cohort: config/cohorts/trial.yaml, plan: config/plans/trial.yaml}"
    ]
    assert set(old.splitlines()) <= set(new.splitlines())
    assert list(load_file(root, "config/config.yaml", MainConfig).cohorts) == ["one", "trial"]


def test_config_that_cannot_be_added_to_is_left_alone(root):
    old = "cohorts: {one: {cohort: a.yaml, plan: b.yaml}}\n"
    (root / "config/config.yaml").write_text(old, encoding="utf-8")
    lines = init_cohort(root, [root / "data/trial.csv"])
    assert (root / "config/config.yaml").read_text(encoding="utf-8") == old
    place = lines.index("add to config/config.yaml, under cohorts:")
    assert lines[place + 1].strip() == (
        "trial: {cohort: config/cohorts/trial.yaml, plan: config/plans/trial.yaml}"
    )


def test_files_outside_the_project_are_refused(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "trial.csv"
    shutil.copy(root / "data/trial.csv", outside)
    with pytest.raises(ConfigError, match="outside the project folder: copy it below data/"):
        init_cohort(root, [outside])
    assert not (root / "config/cohorts").exists()


def test_what_is_wrong_with_the_files_is_told_at_once_and_nothing_is_written(root):
    (root / "data/empty.csv").write_bytes(b"")
    (root / "data/open.csv").write_text('a,b\n1,"2\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        init_cohort(root, [root / "data/empty.csv", root / "data/open.csv"])
    assert {problem.source for problem in caught.value.problems} == {"data/empty.csv", "data/open.csv"}
    assert not (root / "config/cohorts").exists()


def test_a_name_that_cannot_be_one_is_refused(root):
    with pytest.raises(ConfigError, match="cannot name a cohort"):
        init_cohort(root, [root / "data/trial.csv"], name="My Trial")


def test_a_missing_file_is_named(root):
    with pytest.raises(ConfigError, match=r"data/trail\.csv:\n  - no such file"):
        init_cohort(root, [Path("data/trail.csv")])


WORDS = [
    "No", "yes", "null", "~", "1", "01", "1.50", "-9", "1e5", "a: b", "#x", "x # y", "- a", "[a]", "{a}", "'",
    '"', "\\", "a\tb", "a\nb", "Ünï", "\u2028", "\ufeff", "\x85", "☃", "🙂", " padded ", "", "*a", "&a", "!a",
    "%", "@", "`", "a,b", "?", "|", ">", "=", "<<", "true", "2020-01-31", "0x1f", "1_000", ".", "...", "---",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS, ids=[ascii(word) for word in WORDS])
def test_every_text_is_read_back_as_it_was(word):
    assert parse_yaml(f"a: {text(word)}  # c\nb: {{{text(word)}: {text(word)}, z: [{text(word)}]}}", "t") == {
        "a": word, "b": {word: word, "z": [word]}
    }  # fmt: skip
    assert str(parse_yaml(f"a: [{code(word)}]", "t")["a"][0]) == word
    assert yaml.safe_load(f"a: {text(word)}  # c") == {"a": word} or word in {"2020-01-31", "1_000"}
    assert "\n" not in comment(word)


def arms(*levels):
    codes = [level for level in levels for _ in range(5)]
    from outcomes.ingest.columns import TextColumn

    found = arms_of((look_at_column("group", TextColumn.of(codes), ".", {}, "", {}),))
    return {code: found.arms[name].components for code, name in found.labels.items()}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("Placebo", "Drug"), {"Placebo": (), "Drug": ("medication",)}),
        (("TAU", "CBT"), {"TAU": (), "CBT": ("therapy",)}),
        (("wait list", "mindfulness"), {"wait list": (), "mindfulness": ("therapy",)}),
        (("SSRI", "Psychotherapy", "Combined"),
         {"SSRI": ("medication",), "Psychotherapy": ("therapy",), "Combined": ("medication", "therapy")}),
        (("nefazodone", "CBASP", "both"),
         {"nefazodone": ("medication",), "CBASP": ("therapy",), "both": ("medication", "therapy")}),
        (("CBT + placebo", "CBT plus sertraline"),
         {"CBT + placebo": ("therapy",), "CBT plus sertraline": ("medication", "therapy")}),
        (("A", "B"), {"A": ("arm_a",), "B": ("arm_b",)}),
        (("patchOnly", "combination"),
         {"patchOnly": ("patch_only",), "combination": ("patch_only", "combination")}),
        (("fluoxetine", "imipramine"), {"fluoxetine": ("fluoxetine",), "imipramine": ("imipramine",)}),
        (("0", "1"), {"0": (), "1": ("treatment",)}),
    ],
)  # fmt: skip
def test_arms_by_their_words(levels, expected):
    assert arms(*levels) == expected


@pytest.mark.parametrize(
    ("names", "unit", "times"),
    [
        (["pre", "post"], None, [0, None]),
        (["Baseline", "Week 4", "Week 12"], "week", [0, 4, 12]),
        (["bl", "3m", "6m"], "month", [0, 3, 6]),
        (["V1", "V2", "V3"], None, [0, 1, 2]),
        (["0", "4", "8"], None, [0, 4, 8]),
        (["Day 1", "Day 29"], "day", [0, 28]),
        (["baseline_arm_1", "month_3_arm_1"], "month", [0, 3]),
        (["w0", "w2", "m6"], "week", [0, 2, 26.1]),
    ],
)
def test_visits_by_their_names(names, unit, times):
    plan = plan_visits(names, None)
    assert plan.unit == unit
    assert list(plan.times.values()) == times


def column(values, name="x", decimal="."):
    from outcomes.ingest.columns import TextColumn

    return look_at_column(name, TextColumn.of(values), decimal, {}, "", {})


@pytest.mark.parametrize(
    ("values", "kind", "missing"),
    [
        (["1", "2", "-9", "3", ""], "number", ("-9",)),
        (["1", "20", "999", "30"], "number", ("999",)),
        (["-9", "-3", "4", "5"], "number", ()),
        (["12", "40", "99", "95"], "number", ()),
        (["1", "NA", "2.5", "."], "number", (".", "NA")),
        (["None", "mild", "severe"], "text", ()),
        (["None", "4", "5"], "number", ("None",)),
        (["001", "002", "999"], "text", ()),
        (["2020-01-31", "null"], "date", ("null",)),
        (["", " "], "empty", ()),
    ],
)
def test_kinds_and_probable_missing_codes(values, kind, missing):
    found = column(values)
    assert (found.kind, found.missing) == (kind, missing)


def test_a_summary_shows_no_rare_value():
    assert summary(column(["41", "42", "43"])) == "number, 3 values, 3 different"
    assert "diagnosis" not in summary(column(["a"] * 9 + ["rare diagnosis"]))
    assert summary(column([str(k) for k in range(173, 205)])) == "number, 32 values, mostly 175 to 202"


def test_a_code_that_is_a_value_elsewhere_is_not_declared(root):
    frame = pd.read_csv(root / "data/trial.csv")
    frame.loc[3, "phq9_6"] = 99
    frame["age"] = range(85, 105)
    frame.to_csv(root / "data/trial.csv", index=False)
    init_cohort(root, [root / "data/trial.csv"])
    draft = (root / COHORT).read_text(encoding="utf-8")
    assert "missing_codes" not in draft
    assert "99 in phq9_6 is probably a missing code, but a value in another column" in draft


def test_catalogue_names_survive_as_instruments(root):
    init_cohort(root, [root / "data/trial.csv"])
    measures = parse_yaml((root / COHORT).read_text(encoding="utf-8"), COHORT)["measures"]
    assert measures["phq9"]["instrument"] in load_catalogue()


def test_a_text_of_one_patient_is_never_shown(tmp_path):
    rows = [f"p{n:02d},{('CBT', 'Usual care')[n % 2]},{10 + n % 9},{4 + n % 7}" for n in range(40)]
    rows[3] = "p03,Withdrew consent: J. Roe,12,9"
    (tmp_path / "data").mkdir()
    (tmp_path / "data/trial.csv").write_text("\n".join(["id,arm,phq9_0,phq9_8", *rows]) + "\n")
    printed = "\n".join(init_cohort(tmp_path, [tmp_path / "data/trial.csv"]))
    text = (tmp_path / COHORT).read_text(encoding="utf-8")
    assert "Roe" not in printed + text
    assert "# 1 more, of one or two patients each, not shown: check names their lines" in text
