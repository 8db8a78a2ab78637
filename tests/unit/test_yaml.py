"""YAML text and paths of a project: what is refused, and where the message says it stands."""

from __future__ import annotations

import pytest

from outcomes.config.base import load_yaml
from outcomes.config.project import inside, load_project
from outcomes.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: a\ntitle: b\n", "key 'title' stands twice (lines 1 and 2): keep one"),
        ("arms:\n  both: 1\n  both: 2\n", "key 'both' stands twice (lines 2 and 3): keep one"),
        ("a: 1\nb: *x\n", "line 2: aliases (*name) are not allowed"),
        ("a: &x 1\n", "line 1: anchors (&name) are not allowed"),
        ("a:\n  b: !!int 3\n", "line 2: tags (!name) are not allowed"),
        ("a: !mine {b: 1}\n", "line 1: tags (!name) are not allowed"),
        ("a: [! x]\n", "line 1: tags (!name) are not allowed"),
        ("a: 1\n? [b, c]\n: 2\n", "line 2: a key must be a word or a number"),
        ("{{a: 1}: 2}\n", "line 1: a key must be a word or a number"),
        ("a: " + "[" * 5000 + "]" * 5000, "is nested too deeply"),
        ("a: " + "1" * 5000, "holds a number with too many digits"),
        ("- a\n- b\n", "must be a mapping of keys to values"),
        ("", "must be a mapping of keys to values"),
        ("a: [1, 2\n", "line 2: "),
        ("one: {question: Is it so?, b: 1}\n", "line 1: expected ',' or '}', but got '?'; text with a ?"),
        ("question: Is it: so\n", 'stands in quotes, such as question: "Is it so?"'),
        ("a: !!python/name:os.system x\n", "line 1: tags (!name) are not allowed"),
    ],
)
def test_yaml_that_cannot_be_meant_is_refused_with_its_line(tmp_path, text, says):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, "config/c.yaml")
    assert str(caught.value).startswith("config/c.yaml:\n")
    assert says in str(caught.value)


def test_a_missing_or_unreadable_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"config/c\.yaml:\n  - no such file"):
        load_yaml(tmp_path / "c.yaml", "config/c.yaml")
    (tmp_path / "c.yaml").write_bytes(b"title: \xff\xfe\n")
    with pytest.raises(ConfigError, match="cannot be read as UTF-8 text"):
        load_yaml(tmp_path / "c.yaml", "config/c.yaml")


def test_yaml_words_stay_as_written(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "a: No\nb: 001\nc: 2020-01-01\nd: yes\ne: 1e3\nf: true\ng: 12:30\nh: 0x1F\n"
    )
    assert load_yaml(tmp_path / "c.yaml", "c") == {
        "a": "No", "b": "001", "c": "2020-01-01", "d": "yes", "e": 1000.0, "f": True, "g": "12:30",
        "h": "0x1F",
    }  # fmt: skip


def linked_project(root, target):
    (root / "config").mkdir()
    (root / "config/config.yaml").write_text(
        "outputs: config/outputs.yaml\ncohorts: {alpha: {cohort: config/link.yaml, plan: config/plan.yaml}}\n"
    )
    (root / "config/link.yaml").symlink_to(target)


@pytest.mark.parametrize(
    ("target", "says"),
    [("/etc/hostname", "leads out of the project folder"), ("link.yaml", "cannot be followed")],
)
def test_a_link_that_leads_out_or_round_is_told_by_the_key_that_names_it(tmp_path, target, says):
    linked_project(tmp_path, target)
    with pytest.raises(ConfigError) as caught:
        load_project(tmp_path)
    line = f"config/config.yaml:\n  - cohorts.alpha.cohort: path 'config/link.yaml' {says}"
    assert line.replace("'", "") in str(caught.value).replace("'", "")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_path_that_is_none_is_a_problem_and_no_bug(tmp_path, name):
    with pytest.raises(ConfigError, match=r"^c\.yaml:\n  - files\.data\.path: path .* cannot be followed"):
        inside(tmp_path, name, "c.yaml", "files.data.path")
