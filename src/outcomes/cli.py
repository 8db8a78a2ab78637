"""The command line: one subcommand per rule of the workflow, plus those for people."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from outcomes import __version__
from outcomes.errors import OutcomesError

app = typer.Typer(
    help="Compare combined with single-modality treatment: from a cohort's files to estimates and a report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
simulate_app = typer.Typer(help="Make synthetic cohorts with a known truth.", no_args_is_help=True)
app.add_typer(simulate_app, name="simulate")

CohortOption = Annotated[str, typer.Option("--cohort", help="A cohort of config/config.yaml.")]
RootOption = Annotated[Path, typer.Option("--project", help="The project folder.", file_okay=False)]
HERE = Path()


@app.command()
def check(project: RootOption = HERE) -> None:
    """Check the configuration and every cohort's files; list all problems in one pass.

    Example: outcomes check
    """
    from outcomes.stages.check import check_project

    for line in check_project(project):
        typer.echo(line)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    project: RootOption = HERE,
    cores: Annotated[int, typer.Option(min=1, help="Jobs at a time.")] = 2,
) -> None:
    """Check, then run the whole workflow; extra arguments go to Snakemake.

    Examples: outcomes run; outcomes run --cores 4 -n
    """
    from outcomes.stages.run import run_workflow

    raise typer.Exit(run_workflow(project, cores, context.args))


@app.command()
def ingest(cohort: CohortOption, project: RootOption = HERE) -> None:
    """Raw files of one cohort to its checked input tables (rule ingest_cohort)."""
    from outcomes.stages.ingest import ingest_cohort

    ingest_cohort(project, cohort)


@app.command()
def fit(
    cohort: CohortOption,
    family: Annotated[str, typer.Option("--family", help="symptoms, survival or descriptive.")],
    project: RootOption = HERE,
) -> None:
    """Fit every pre-specified analysis of one model family of one cohort (rule fit_family)."""
    from outcomes.stages.fit import fit_family

    fit_family(project, cohort, family)


@app.command()
def present(cohort: CohortOption, project: RootOption = HERE) -> None:
    """Estimates, figures, report and provenance of one cohort (rule present_cohort)."""
    from outcomes.stages.present import present_cohort

    present_cohort(project, cohort)


@app.command()
def index(project: RootOption = HERE) -> None:
    """The page over all cohorts (rule write_index)."""
    from outcomes.stages.index import write_index

    write_index(project)


@simulate_app.command("trial")
def simulate_trial_command(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the raw files and truth.yaml to.")],
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.", min=0)] = 20260101,
    patients: Annotated[int, typer.Option(help="Number of patients.", min=40)] = 480,
) -> None:
    """A three-arms-plus-neither trial calibrated on published results, with its truth beside it.

    Example: outcomes simulate trial --out data/my_synthetic_trial --patients 200
    """
    from outcomes.simulate.trial import simulate_trial, write_trial

    write_trial(simulate_trial(seed, patients), out)


@app.callback(invoke_without_command=True)
def start(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Set up logging; every command logs counts and names, never values."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s", force=True)
    logging.getLogger("matplotlib").setLevel(logging.WARNING)


def main() -> None:
    """Entry point: errors that the user can mend end without a traceback, with their own exit code."""
    # one BLAS thread: sums in a fixed order give the same bytes, and jobs run side by side
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    try:
        app()
    except OutcomesError as error:
        sys.stderr.write(f"{error}\nERROR {len(error.problems)} to mend, listed above\n")
        raise SystemExit(error.exit_code) from None
