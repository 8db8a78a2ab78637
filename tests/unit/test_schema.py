"""The JSON Schemas that editors read: current, described throughout, and of one mind with the loader."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from outcomes.config.base import build, load_yaml, parse_yaml
from outcomes.config.schema import FILES, render_schemas, schemas
from outcomes.errors import ConfigError

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SCHEMAS = schemas()
KIND_OF_FOLDER = {"cohorts": "cohort", "plans": "plan"}
YAML_FILES = sorted(path.relative_to(CONFIG).as_posix() for path in CONFIG.rglob("*.yaml"))
README = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
EXAMPLES = dict(zip(("cohort", "plan", "config"), README, strict=True))


def kind_of(name):
    path = Path(name)
    return KIND_OF_FOLDER.get(path.parent.name, path.stem)


def as_an_editor_sees_it(content):
    """JSON has text keys only, and so has an editor's view of YAML."""
    return json.loads(json.dumps(content))


def faults(kind, content):
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind])
    return [error.message for error in validator.iter_errors(as_an_editor_sees_it(content))]


def loads(kind, content):
    try:
        build(FILES[kind], content, "a file")
    except ConfigError:
        return False
    return True


def test_the_committed_schemas_are_current():
    """If not: python -m outcomes.config.schema config/schemas."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in (CONFIG / "schemas").iterdir()}
    assert committed == render_schemas()


@pytest.mark.parametrize("kind", FILES)
def test_a_schema_is_valid_and_says_a_word_on_every_key(kind):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    for part in (SCHEMAS[kind], *SCHEMAS[kind].get("$defs", {}).values()):
        assert part["additionalProperties"] is False
        for key, place in part["properties"].items():
            assert place["description"].endswith("."), key


@pytest.mark.parametrize("name", YAML_FILES)
def test_every_file_names_its_schema_and_keeps_to_it(name):
    first = (CONFIG / name).read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert ((CONFIG / name).parent / found[1]).resolve() == CONFIG / f"schemas/{kind_of(name)}.schema.json"
    assert faults(kind_of(name), load_yaml(CONFIG / name, name)) == []


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_examples_of_the_readme_keep_to_the_schema(kind):
    content = parse_yaml(EXAMPLES[kind], "README.md")
    assert loads(kind, content)
    assert faults(kind, content) == []


MISTAKES = {
    "a misspelt key": ("cohort", "design:", "desing:"),
    "a misspelt key of a file": ("cohort", "missing_codes:", "mising_codes:"),
    "a misspelt key of a measure": ("cohort", "score: total", "skore: total"),
    "an unknown layout": ("cohort", "layout: long", "layout: lon"),
    "an unknown design": ("cohort", "design: randomised_trial", "design: trial"),
    "an unknown unit": ("cohort", "unit: week", "unit: weeks"),
    "a key of the arm that belongs to the other kind": (
        "cohort",
        "arm: {column",
        "arm: {components: {}, column",
    ),
    "a number where a column is named": ("cohort", "id: subject", "id: 1"),
    "a code that YAML reads as true": ("cohort", "event: [1]", "event: [true]"),
    "one code where a list belongs": ("cohort", "event: [1]", "event: 1"),
    "a name with a capital letter": ("cohort", "  phq9:", "  PHQ9:"),
    "a label that is a number": ("cohort", "label: Relapse", "label: 1"),
    "an unknown model": ("plan", "model: cox", "model: coxx"),
    "an endpoint that the model does not take": ("plan", "kind: score", "kind: time_to_event"),
    "a key of another model": ("plan", "model: cox", "horizon_days: 5\n    model: cox"),
    "an unknown adjustment": ("plan", "primary: holm", "primary: holmes"),
    "a level that is none": ("plan", "model: cox", "conf_level: 95\n    model: cox"),
    "a seed below zero": ("config", "seed: 20260101", "seed: -1"),
    "a cohort without a plan": ("config", ", plan: config/plans/my_trial.yaml", ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_editor_marks_what_the_loader_refuses(mistake):
    kind, old, new = MISTAKES[mistake]
    assert old in EXAMPLES[kind]
    content = parse_yaml(EXAMPLES[kind].replace(old, new, 1), "README.md")
    assert not loads(kind, content)
    assert faults(kind, content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: participant_flow", "kind: participants_flow"),
        ("where: {model: participant_flow}", "where: {model: flow}"),
        ("where: {model: participant_flow}", "where: {models: participant_flow}"),
        ("quantity: [mean, observed_mean]", "quantity: [mean, observed]"),
        ("section: who", "section: patients"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses_in_outputs(old, new):
    text = (CONFIG / "outputs.yaml").read_text(encoding="utf-8")
    assert old in text
    content = parse_yaml(text.replace(old, new, 1), "config/outputs.yaml")
    assert not loads("outputs", content)
    assert faults("outputs", content)


ODD_BUT_GOOD = {
    "codes of both types": ("missing_codes: [NA, -9]", 'missing_codes: [NA, -9, "01", 1.5]'),
    "reasons of missing codes": ("missing_codes: [NA, -9]", "missing_codes: {-9: refused, NA: not asked}"),
    "reasons of an event": ("event: [1]", "event: {1: moved away}"),
    "no upper limit": ("unit: years}", "unit: years, high: null}"),
}


@pytest.mark.parametrize("case", ODD_BUT_GOOD)
def test_an_editor_accepts_what_the_loader_accepts(case):
    old, new = ODD_BUT_GOOD[case]
    assert old in EXAMPLES["cohort"]
    content = parse_yaml(EXAMPLES["cohort"].replace(old, new, 1), "README.md")
    assert loads("cohort", content)
    assert faults("cohort", content) == []
