"""A project of one's own: complete, explained throughout, in order as it stands, and all of it or nothing."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml

from outcomes.config.project import MainConfig, load_file
from outcomes.config.schema import FILES, schemas
from outcomes.errors import ConfigError
from outcomes.scaffold import new
from outcomes.scaffold.init import init_cohort
from outcomes.scaffold.template import explanations, marked_keys, render_template
from outcomes.stages.check import check_project

ROOT = Path(__file__).parents[2]
TEMPLATES = ("config", "cohort", "plan")
OUT_OF_USE = re.compile(r"^#(?=\S|  )", re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine") / "project"
    new.new_project(folder)
    return folder


def test_the_project_is_in_order_as_it_stands(project):
    assert check_project(project)[0] == (
        "example: in order; 120 patients (neither 30, medication 30, therapy 30, combined 30); 21 analyses"
    )


def test_it_holds_what_a_run_needs_and_ignores_what_a_run_makes(project):
    files = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    assert files >= {
        "README.md", "Snakefile", "workflow/rules/common.smk", "profiles/default/config.yaml",
        "config/config.yaml", "config/outputs.yaml", "config/schemas/cohort.schema.json",
        "config/cohorts/example.yaml", "config/plans/example.yaml", "data/example/README.md",
        "data/example/patients.csv",
    }  # fmt: skip
    assert {"results/*", "data/*", "logs/", ".snakemake/"} <= set(
        (project / ".gitignore").read_text().split()
    )


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_option_is_shown_and_explained(kind):
    assert marked_keys(kind) == set(explanations(kind))


def test_every_option_of_the_outputs_is_shown(project):
    shown = set(re.findall(r"(\w+):", (project / "config/outputs.yaml").read_text(encoding="utf-8")))
    assert {key.partition(".")[2] for key in explanations("outputs")} <= shown


@pytest.mark.parametrize("kind", TEMPLATES)
def test_options_out_of_use_are_taken_into_use_by_taking_the_hash_away(kind):
    """All at once: where a line is given in two forms, YAML takes the last."""
    text = render_template(kind, "../schemas")
    used = OUT_OF_USE.sub("", text)
    assert kind == "config" or used != text
    content = json.loads(json.dumps(yaml.safe_load(used)))
    jsonschema.Draft202012Validator(schemas()[kind]).validate(content)


def test_an_explanation_names_choices_and_default():
    assert explanations("plan")["RepeatedAnalysis.method"] == (
        "Restricted or full maximum likelihood. One of: reml, ml. Default: reml."
    )


@pytest.mark.parametrize(
    "path", ["config.yaml", "cohorts/example.yaml", "plans/example.yaml", "outputs.yaml"]
)
def test_the_first_line_leads_to_a_schema(project, path):
    file = project / "config" / path
    first = file.read_text(encoding="utf-8").splitlines()[0]
    schema = file.parent / first.removeprefix("# yaml-language-server: $schema=")
    assert schema.is_file()
    assert schema.resolve().parent == project / "config/schemas"


def test_an_empty_folder_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = new.new_project(Path())
    assert (tmp_path / "Snakefile").is_file()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".outcomes")]
    assert not any("cd " in line for line in said)


def test_a_folder_that_holds_something_is_refused_by_count(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "data").mkdir()
    with pytest.raises(ConfigError, match=r"holds 2 files or folders already: name a new folder"):
        new.new_project(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "thesis.txt"]


def test_a_file_and_a_folder_in_no_folder_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        new.new_project(tmp_path / "file")
    with pytest.raises(ConfigError, match="no such folder"):
        new.new_project(tmp_path / "no" / "project")


def test_nothing_half_made_is_left(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(new, "render_template", fail)
    with pytest.raises(OSError, match="disk full"):
        new.new_project(tmp_path / "project")
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_carries_the_workflow_as_it_stands_here(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        prefix = "outcomes/scaffold/project/"
        carried = {
            name.removeprefix(prefix): wheel.read(name)
            for name in wheel.namelist()
            if name.startswith(prefix)
        }
    expected = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for shipped in new.SHIPPED
        for path in ([ROOT / shipped] if (ROOT / shipped).is_file() else (ROOT / shipped).rglob("*"))
        if path.is_file()
    }
    assert carried == expected
    assert {f"{kind}.schema.json" for kind in FILES} <= {Path(name).name for name in carried}


def test_an_empty_project_takes_the_first_cohort_that_init_drafts(tmp_path):
    folder = tmp_path / "mine"
    new.new_project(folder, empty=True)
    with pytest.raises(ConfigError) as caught:
        check_project(folder)
    assert "cohorts: is empty" in str(caught.value)
    rows = ["id,arm,bdi_0,bdi_8", *(f"{n},{'ab'[n % 2]},{n % 30},{n % 20}" for n in range(20))]
    (folder / "data/trial.csv").write_text("\n".join(rows) + "\n")
    init_cohort(folder, [folder / "data/trial.csv"])
    assert list(load_file(folder, "config/config.yaml", MainConfig).cohorts) == ["trial"]
