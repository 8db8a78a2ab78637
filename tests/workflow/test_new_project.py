"""A project of one's own runs with the installed package outside any clone, and its plan comes true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).parents[2]
PLANNED = re.compile(r"^Job \d+: (?!index)(.+?)(?: of)? example$", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A project folder, and the unpacked wheel that serves it."""

    folder: Path
    package: Path

    def run(self, *arguments, module="outcomes"):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder, env=os.environ | {"PYTHONPATH": str(self.package), "COLUMNS": "200"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def estimates(self):
        return pd.read_csv(self.folder / "results/example/release/estimates.csv")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    place = tmp_path_factory.mktemp("outside")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
        wheel.extractall(place / "package")
    outside = Project(place, place / "package")
    where = "import outcomes; print(outcomes.__file__)"
    told = subprocess.run(
        [sys.executable, "-c", where], env=os.environ | {"PYTHONPATH": str(outside.package)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.startswith(str(outside.package))
    outside.run("new", "mine")
    mine = Project(place / "mine", place / "package")
    assert mine.run("check").startswith("example: in order; 120 patients")
    assert mine.run("plan") == (
        "example:\n  because it did not run yet\n"
        "  runs ingest, derive, fit descriptive, fit multiverse, fit survival, fit symptoms, present\n"
        "  may move all estimates; figures and report\n"
    )
    assert "The reports are ready" in mine.run("run")
    return mine


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project, times and all, that a test may change."""
    return Project(Path(shutil.copytree(finished.folder, tmp_path / "copy")), finished.package)


def test_every_analysis_of_the_example_has_numbers(finished):
    rows = finished.estimates()
    assert rows["analysis"].nunique() == 21
    assert set(rows["status"]) <= {"ok", "boundary"}
    report = (finished.folder / "results/example/release/report.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in report


def test_show_reads_what_the_run_wrote(finished):
    told = finished.run("show", "recurrence_cox")
    assert told.startswith("example: recurrence_cox (cox, with_follow_up, primary):")
    assert told.splitlines()[2] == "hazard_ratio, ratio"


def test_touched_files_change_nothing(project):
    for path in (project.folder / "data/example").iterdir():
        path.touch()
    (project.folder / "config/plans/example.yaml").touch()
    assert project.run("plan") == "example: nothing to do\n"


CHANGES = {
    "a caption": (
        "config/outputs.yaml", "Flow of participants", "Flow",
        'config/outputs.yaml: figures.participant_flow.caption: "Flow of participants" -> "Flow"',
        ["present"], "figures and report",
    ),
    "an adjustment": (
        "config/plans/example.yaml", "recurrence: holm", "recurrence: none",
        'config/plans/example.yaml: multiplicity.recurrence: "holm" -> "none"',
        ["present"], "adjusted p-values; figures and report",
    ),
    "a raw file": (
        "data/example/visits.csv", "\n", " \n",
        "data/example/visits.csv changed",
        ["ingest", "derive", "fit descriptive", "fit multiverse", "fit survival", "fit symptoms", "present"],
        "all estimates; figures and report",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_plan_says_why_what_and_which_and_is_of_one_mind_with_snakemake(project, change):
    file, old, new, why, runs, moves = CHANGES[change]
    project.edit(file, old, new)
    os.utime(project.folder / file, (1_000_000_000, 1_000_000_000))
    assert project.run("plan") == (
        f"example:\n  because {why}\n  runs {', '.join(runs)}\n  may move {moves}\n"
    )
    dry = project.run("--dry-run", "--cores", "1", module="snakemake")
    assert sorted(PLANNED.findall(dry)) == sorted(runs)


def test_estimates_that_are_not_named_do_not_move(project):
    before = project.estimates()
    project.edit("config/plans/example.yaml", "conf_level: 0.95", "conf_level: 0.9")
    assert project.run("plan") == (
        "example:\n"
        "  because config/plans/example.yaml: analyses.pars_mmrm.conf_level: 0.95 -> 0.9\n"
        "  runs fit symptoms, present\n"
        "  may move estimates of pars_mmrm; figures and report\n"
    )
    project.run("run")
    after = project.estimates()
    others = before["analysis"] != "pars_mmrm"
    pd.testing.assert_frame_equal(before[others], after[others], check_exact=True)
    assert not before[~others].equals(after[~others])
    assert project.run("plan") == "example: nothing to do\n"
