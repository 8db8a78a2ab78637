"""The command line: quick help, one exit code for what the user can mend, no traceback for it."""

import os
import subprocess
import sys

import pytest
from tiny_project import write_project

from outcomes.stages.complete import complete_analysis, complete_cohort
from outcomes.stages.run import follow, tell_failure


def outcomes(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "outcomes", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip


def test_help_imports_nothing_heavy():
    code = (
        "import sys, contextlib\n"
        "sys.argv = ['outcomes', '--help']\n"
        "from outcomes.cli import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "heavy = {'pandas', 'numpy', 'scipy', 'matplotlib', 'snakemake', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout


COMMANDS = (
    "new",
    "init",
    "check",
    "plan",
    "run",
    "show",
    "ingest",
    "fit",
    "present",
    "index",
    "simulate trial",
)


def test_help_names_every_command():
    told = outcomes("--help").stdout
    assert [command for command in COMMANDS if f" {command.split()[0]} " not in told] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command):
    done = outcomes(*command.split(), "--help")
    assert done.returncode == 0
    assert f"outcomes {command}" in done.stdout.split("Example")[1]


def test_the_shell_completes_cohorts_and_analyses(tmp_path, monkeypatch):
    monkeypatch.chdir(write_project(tmp_path))
    assert complete_cohort("") == ["alpha", "beta"]
    assert complete_cohort("b") == ["beta"]
    assert complete_analysis("relapse") == ["relapse_kaplan_meier", "relapse_cox"]
    assert complete_analysis("d") == ["dropout"]


def test_the_shell_completes_nothing_where_nothing_can_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert complete_cohort("") == []
    plan = write_project(tmp_path) / "config/plans/alpha.yaml"
    plan.write_text("analyses: [")
    assert complete_analysis("") == ["participant_flow", "baseline", "dropout"]


def test_an_interrupt_ends_quietly(tmp_path):
    code = (
        "import os, signal, sys\n"
        "sys.argv = ['outcomes', 'check']\n"
        "import outcomes.stages.check\n"
        "outcomes.stages.check.check_project = lambda _: os.kill(os.getpid(), signal.SIGINT)\n"
        "from outcomes.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_command_line_and_check_import_no_engine():
    code = (
        "import sys\nimport outcomes.stages.check, outcomes.stages.ingest, outcomes.stages.index\n"
        "heavy = {'scipy.stats', 'statsmodels', 'lifelines', 'matplotlib', 'snakemake'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        (
            "outcomes.stages.fit, outcomes.models.proportion, outcomes.models.mean",
            "scipy.stats lifelines statsmodels",
        ),
        (
            "outcomes.models.kaplan_meier, outcomes.models.rmst",
            "scipy.stats lifelines statsmodels matplotlib",
        ),
        ("outcomes.models.proportional_hazards", "statsmodels lifelines"),
        ("outcomes.models.repeated", "statsmodels lifelines scipy.stats scipy.optimize"),
        ("outcomes.stages.present", "statsmodels lifelines scipy.stats matplotlib.pyplot"),
    ],
)
def test_a_stage_pays_only_for_what_it_uses(modules, unwanted):
    code = f"import sys, {modules}\nassert not set({unwanted.split()!r}) & set(sys.modules)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_check_counts_what_is_in_order(tmp_path):
    done = outcomes("check", cwd=write_project(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == (
        "alpha: in order; 40 patients (neither 10, medication 10, therapy 10, combined 10); 6 analyses"
    )


def test_check_lists_every_problem_of_configuration_and_data_at_once(tmp_path):
    project = write_project(tmp_path)
    plan = project / "config/plans/alpha.yaml"
    plan.write_text(plan.read_text().replace("model: cox", "model: coxx"))
    data = project / "data/beta/visits.csv"
    data.write_text(data.read_text().replace("P001,4,", "P001,4,1000", 1))
    done = outcomes("check", cwd=project)
    assert done.returncode == 2
    assert "config/plans/alpha.yaml" in done.stderr
    assert "did you mean 'cox'?" in done.stderr
    assert "data/beta/visits.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert "P001" not in done.stderr
    (rows,) = [path for path in (project / "results").rglob("*") if path.is_file()]
    assert rows.parent == project / "results/beta/restricted"


def test_run_refuses_before_snakemake_starts(tmp_path):
    project = write_project(tmp_path)
    (project / "data/beta/patients.csv").unlink()
    done = outcomes("run", cwd=project)
    assert done.returncode == 2
    assert "data/beta/patients.csv" in done.stderr
    assert not (project / ".snakemake").exists()


def test_run_outside_a_project_says_so(tmp_path):
    done = outcomes("run", cwd=tmp_path)
    assert done.returncode == 3
    assert "Snakefile" in done.stderr


def test_a_stage_whose_input_is_missing_says_what_to_run(tmp_path):
    done = outcomes("index", cwd=write_project(tmp_path))
    assert done.returncode == 3
    assert "outcomes present --cohort alpha" in done.stderr


@pytest.mark.parametrize("show", [True, False])
def test_progress_is_shown_on_a_terminal_only(show, capsys):
    lines = ["Job 2: fit survival of alpha\n", "noise\n", "Finished jobid: 2 (Rule: fit_family)\n",
             "3 of 12 steps (25%) done\n"]  # fmt: skip
    assert list(follow(lines, show=show)) == lines
    assert capsys.readouterr().err == ("[ 3/12] fit survival of alpha\n" if show else "")


def test_a_failed_run_ends_with_what_the_job_logged(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/fit.log").write_text("config/plans/alpha.yaml:\n  - mend this\n")
    lines = ["noise\n", "Error in rule fit_family:\n",
             "    log: logs/fit.log (check log file(s) for error details)\n"]  # fmt: skip
    told = tell_failure(tmp_path, lines)
    assert "mend this" in told
    assert "noise" not in told
    assert tell_failure(tmp_path, ["no job ran\n"]) == "no job ran\n"
