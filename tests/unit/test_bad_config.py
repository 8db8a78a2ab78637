"""YAML that cannot be meant or is hostile, and paths that lead out of the project."""

from __future__ import annotations

import os

import pytest
import yaml
from tiny_cohort import CONFIG, SHOWN

from outcomes.config import Cohort
from outcomes.config.base import build, load_yaml, parse_yaml
from outcomes.config.project import inside
from outcomes.errors import ConfigError


def refusal(text):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "config/c.yaml")
    return str(caught.value)


LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, "line 1: anchors (&name) are not allowed"),
        ("a: {b: &b {c: 1}}\nd:\n  <<: *b\n", "line 1: anchors (&name) are not allowed"),
        ("a: 1\nb: [*a, *a]\n", "line 2: aliases (*name) are not allowed"),
        ("a:\n  <<: *a\n", "line 2: aliases (*name) are not allowed"),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1: tags (!name) are not allowed"),
        ("a: !!binary aGk=\n", "line 1: tags (!name) are not allowed"),
        ("a: 1\nb: 2\na: 3\n", "key 'a' stands twice (lines 1 and 3): keep one"),
        ("a: {b: 1, \"b\": 2}\n", "key 'b' stands twice (lines 1 and 1): keep one"),
        ("a: " + "{b: " * 3000 + "1" + "}" * 3000, "is nested too deeply to be read"),
        ("- " * 5000 + "a", "is nested too deeply to be read"),
        ("a: " + "9" * 10_000, "holds a number with too many digits"),
        ("a: -" + "1" * 5000, "holds a number with too many digits"),
        ("a:\n\tb: 1\n", "line 2: "),
        ("a: 1\n\tb: 1\n", "line 2: "),
        ("a: \x07\n", "is not YAML text"),
        ("a: \x00\n", "is not YAML text"),
        ("a: 1\n---\nb: 2\n", "line 2: "),
        ("%YAML 9.9\n---\na: 1\n", "line 1: "),
    ],
)  # fmt: skip
def test_yaml_that_is_hostile_or_no_mapping_of_one_meaning_is_refused(text, says):
    assert says in refusal(text)


@pytest.mark.parametrize("mark", ["\x85", "\u2028"])
def test_line_breaks_of_other_scripts_do_not_hide_a_key(mark):
    assert "key 'a' stands twice" in refusal(f"a: 1{mark}a: 2\n")


@pytest.mark.parametrize("size", [1_000_001, 3_000_000])
def test_a_file_far_too_large_for_a_configuration_is_refused(tmp_path, size):
    (tmp_path / "c.yaml").write_text("a: " + "x" * size)
    with pytest.raises(ConfigError, match="has over 1000000 bytes: is it a file of data"):
        load_yaml(tmp_path / "c.yaml", "config/c.yaml")


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path, kind):
    path = tmp_path / "c.yaml"
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    with pytest.raises(ConfigError, match=r"config/c\.yaml:\n  - is no file"):
        load_yaml(path, "config/c.yaml")


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ('{1: female, "1": male}', "stands more than once: 1"),
        ('{"01": female, 01: male}', "stands twice"),
        ("{true: female, false: male}", "write a code that YAML reads as true, false or null in quotes"),
        ("{null: female, m: male}", "write a code that YAML reads as true, false or null in quotes"),
    ],
)
def test_codes_that_are_one_but_for_quotes_are_refused(codes, says):
    text = CONFIG.replace("{f: female, m: male}", codes)
    with pytest.raises(ConfigError) as caught:
        build(Cohort, parse_yaml(text, SHOWN), SHOWN)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../people.csv", "data/../../people.csv", "a/../..", "/", "//host/share", ""]
)
def test_a_path_out_of_the_project_is_refused_before_it_is_followed(path):
    content = yaml.safe_load(CONFIG)
    content["files"]["qol"]["path"] = path
    with pytest.raises(ConfigError) as caught:
        build(Cohort, content, SHOWN)
    assert f"{SHOWN}:\n  - files.qol.path: " in str(caught.value)


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside.csv"])
def test_a_link_out_of_the_project_is_not_followed(tmp_path, target):
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "outside.csv").write_text("a\n1\n")
    (project / "link.csv").symlink_to(target)
    with pytest.raises(ConfigError, match=r"files\.qol\.path: path .* leads out of the project"):
        inside(project, "link.csv", SHOWN, "files.qol.path")


def test_a_link_within_the_project_is_followed(tmp_path):
    (tmp_path / "true.csv").write_text("a\n1\n")
    (tmp_path / "link.csv").symlink_to("true.csv")
    assert inside(tmp_path, "link.csv", SHOWN) == (tmp_path / "true.csv").resolve()
