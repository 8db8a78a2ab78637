"""Provenance names what a release rests on, and a changed library makes results anew."""

import hashlib
from dataclasses import replace

import pytest
from tiny_project import write_project

from outcomes.config import load_project
from outcomes.stages import code
from outcomes.stages.provenance import describe_provenance


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return load_project(write_project(tmp_path_factory.mktemp("project")))


def test_inputs_are_named_with_their_content(project):
    found = describe_provenance(project, "alpha")
    path = project.root / "data/alpha/patients.csv"
    assert found["inputs"]["data/alpha/patients.csv"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(found["inputs"]) == {"data/alpha/patients.csv", "data/alpha/visits.csv"}


def test_versions_code_and_configuration(project):
    found = describe_provenance(project, "alpha")
    assert {"python", "scipy", "statsmodels", "pandas", "numpy"} <= set(found["libraries"])
    assert set(found["code_sha256"]) == {
        "ingest",
        "fit symptoms",
        "fit survival",
        "fit descriptive",
        "present",
    }
    assert found["config_files"][0] == "config/config.yaml"
    assert len(found["config_sha256"]) == 64


def test_the_truth_of_a_simulation_is_an_input(project):
    cohort = project.cohorts["alpha"].model_copy(update={"truth": "config/config.yaml"})
    simulated = describe_provenance(replace(project, cohorts={"alpha": cohort}), "alpha")
    assert "config/config.yaml" in simulated["inputs"]


def test_an_upgraded_library_changes_every_stage(project, monkeypatch):
    before = code.code_of(project.plans["alpha"])
    monkeypatch.setattr(code, "version", lambda name: "99.0")
    after = code.code_of(project.plans["alpha"])
    assert all(before[stage] != after[stage] for stage in before)
