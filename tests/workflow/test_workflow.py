"""The workflow on two tiny cohorts: complete, reproducible, and rerunning exactly what a change touches."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from page_faults import page_faults
from tiny_project import write_data, write_project

from outcomes.stages.run import follow

PLANNED = re.compile(r"^Job \d+: (.+)$", re.MULTILINE)
EVERYTHING = {
    "ingest alpha", "ingest beta", "fit descriptive of alpha", "fit symptoms of alpha",
    "fit survival of alpha", "fit descriptive of beta", "present alpha", "present beta", "index",
}  # fmt: skip


@dataclass(frozen=True)
class Project:
    """A project folder whose package copy is the one that runs."""

    folder: Path

    def snakemake(self, *arguments):
        environment = os.environ | {"PYTHONPATH": str(self.folder / "src")}
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def planned(self):
        """What a run would do now."""
        dry = self.snakemake("--dry-run")
        assert dry.returncode == 0, dry.stderr
        return set(PLANNED.findall(dry.stdout + dry.stderr))

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def hashes(self):
        results = self.folder / "results"
        return {
            path.relative_to(results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(results.rglob("*")) if path.is_file() and not path.name.startswith(".")
        }  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    project = Project(write_project(tmp_path_factory.mktemp("finished"), with_code=True))
    done = project.snakemake()
    assert done.returncode == 0, done.stderr
    (project.folder / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project, times and all, that a test may change."""
    return Project(Path(shutil.copytree(finished.folder, tmp_path / "copy")))


def test_a_run_leaves_the_release_of_every_cohort(finished):
    for cohort in ("alpha", "beta"):
        release = finished.folder / "results" / cohort / "release"
        names = {p.name for p in release.iterdir()}
        assert names == {"estimates.csv", "figures", "report.html", "provenance.json", "summary.json"}
    assert (finished.folder / "results" / "index.html").is_file()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_of_a_run_are_fit_to_print(finished, browser, width):
    for page in [*(finished.folder / "results").glob("*/release/report.html"),
                 finished.folder / "results" / "index.html"]:  # fmt: skip
        assert page_faults(browser, page, width) == []


def test_progress_is_told_from_what_snakemake_really_prints(finished, capsys):
    lines = (finished.folder / "output.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    assert list(follow(lines, show=True)) == lines
    told = capsys.readouterr().err.splitlines()
    assert {line.split("] ")[1] for line in told} == EVERYTHING
    assert told[-1] == f"[ {len(EVERYTHING)}/{len(EVERYTHING) + 1}] index"


def test_no_patient_and_no_machine_in_a_release(finished):
    for path in (finished.folder / "results").glob("*/release/**/*.*"):
        content = path.read_bytes()
        assert b"P001" not in content
        assert str(finished.folder).encode() not in content


def test_nothing_to_do_after_a_run(project):
    assert project.planned() == set()


def test_a_second_run_gives_the_same_bytes(finished, tmp_path):
    again = Project(write_project(tmp_path, with_code=True))
    done = again.snakemake()
    assert done.returncode == 0, done.stderr
    assert again.hashes() == finished.hashes()


def test_editing_one_analysis_reruns_its_family_and_what_follows(project):
    project.edit("config/plans/alpha.yaml", "    conf_level: 0.95", "    conf_level: 0.90")
    assert project.planned() == {"fit symptoms of alpha", "present alpha", "index"}


def test_editing_a_caption_refits_nothing(project):
    project.edit("config/outputs.yaml", "Flow of participants", "Participant flow")
    assert project.planned() == {"present alpha", "present beta", "index"}


def test_a_swapped_raw_file_with_an_older_time_reruns_its_cohort(project):
    path = project.folder / "data/beta/visits.csv"
    write_data(project.folder / "data/beta", seed=7)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    os.utime(project.folder / "data/beta/patients.csv", (1_000_000_000, 1_000_000_000))
    assert project.planned() == {"ingest beta", "fit descriptive of beta", "present beta", "index"}


def test_a_changed_truth_with_an_older_time_is_noticed(project):
    truth = project.folder / "data/beta/truth.yaml"
    entry = "endpoint: dropout, quantity: proportion, arm: therapy, comparator: null, time: null"
    truth.write_text(f"truth:\n  - {{{entry}, value: 0.2}}\n")
    project.edit(
        "config/cohorts/beta.yaml", "design:", "synthetic: true\ntruth: data/beta/truth.yaml\ndesign:"
    )
    done = project.snakemake()
    assert done.returncode == 0, done.stderr
    project.edit("data/beta/truth.yaml", "0.2", "0.3")
    os.utime(truth, (1_000_000_000, 1_000_000_000))
    assert project.planned() == {"present beta", "index"}


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("models/mmrm/optimise.py", {"fit symptoms of alpha", "present alpha", "index"}),
        ("figures/forest.py", {"present alpha", "present beta", "index"}),
        ("report/templates/index.html.j2", {"index", "present alpha", "present beta"}),
        ("ingest/visits.py", EVERYTHING),
    ],
)
def test_changed_package_code_reruns_what_uses_it(project, module, jobs):
    path = project.folder / "src/outcomes" / module
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert project.planned() == jobs


DEFINED = """\
  response_kaplan_meier:
    model: kaplan_meier
    role: exploratory
    question: When do patients respond?
    endpoint: {kind: derived_event, measure: phq9, definition: fewer, state: response}
definitions:
  fewer: {based_on: phq9_reliable, changes: {response.percent_reduction: 20}, source: section 6}
"""


def test_a_plan_that_uses_a_definition_derives_episodes_and_a_changed_rule_derives_them_anew(project):
    path = project.folder / "config/plans/beta.yaml"
    path.write_text(path.read_text(encoding="utf-8") + DEFINED, encoding="utf-8")
    rest_on_it = {"derive beta", "fit survival of beta", "present beta", "index"}
    assert project.planned() == rest_on_it
    done = project.snakemake()
    assert done.returncode == 0, done.stderr
    assert (project.folder / "results/beta/restricted/episodes.parquet").is_file()
    assert not (project.folder / "results/alpha/restricted/episodes.parquet").exists()
    assert project.planned() == set()
    project.edit("config/plans/beta.yaml", "percent_reduction: 20", "percent_reduction: 30")
    assert project.planned() == rest_on_it


def test_a_broken_cohort_stops_with_its_problem_and_leaves_nothing_half_written(tmp_path):
    project = Project(write_project(tmp_path, with_code=True))
    project.edit("data/beta/patients.csv", "combined", "combnied")
    done = project.snakemake()
    assert done.returncode != 0
    assert "data/beta/patients.csv" in done.stdout + done.stderr
    assert "combnied" not in done.stdout + done.stderr
    assert not list((tmp_path / "results/beta").rglob("*.parquet"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_takes_its_jobs_along_and_can_be_resumed(tmp_path, number):
    project = Project(write_project(tmp_path, with_code=True))
    environment = os.environ | {"PYTHONPATH": str(project.folder / "src")}
    running = subprocess.Popen(
        [sys.executable, "-m", "outcomes", "run"], cwd=project.folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: (project.folder / "logs/alpha/ingest.log").exists() or running.poll() is not None)
    running.send_signal(number)
    assert running.wait(timeout=60) != 0
    wait_for(lambda: not running_below(project.folder), seconds=20)
    assert not [path for path in (project.folder / "results").rglob(".*") if path.is_file()]
    resumed = project.snakemake("--rerun-incomplete")
    assert resumed.returncode == 0, resumed.stderr


def test_a_job_that_ignores_the_interrupt_is_killed_and_the_folder_is_not_left_locked(tmp_path):
    project = Project(write_project(tmp_path, with_code=True))
    project.edit("Snakefile", "rule all:", STUBBORN + "rule all:")
    environment = os.environ | {"PYTHONPATH": str(project.folder / "src")}
    running = subprocess.Popen(
        [sys.executable, "-m", "outcomes", "run", "stubborn"], cwd=project.folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for((project.folder / "started").exists)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) != 0
    wait_for(lambda: not running_below(project.folder), seconds=20)
    assert not list((project.folder / ".snakemake").glob("locks/*"))


STUBBORN = """rule stubborn:
    output: "results/never.txt"
    shell: "trap '' INT TERM; touch started; sleep 600"

"""


def wait_for(condition, seconds=60.0):
    """Poll until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def running_below(folder):
    """Working directories of the processes that still run in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):  # a process of another user, or one that just ended
            found.append(entry.readlink())
    return [cwd for cwd in found if cwd.is_relative_to(folder)]
