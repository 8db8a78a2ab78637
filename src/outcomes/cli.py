"""The command line: one subcommand per rule of the workflow, plus those for people."""

from __future__ import annotations

import logging
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from outcomes import __version__
from outcomes.errors import OutcomesError
from outcomes.stages.complete import complete_analysis, complete_cohort

app = typer.Typer(
    help="Compare combined with single-modality treatment: from a cohort's files to estimates and a report.",
    epilog="A first project:\n\noutcomes new my_project\n\ncd my_project\n\noutcomes check\n\noutcomes run",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
simulate_app = typer.Typer(help="Make synthetic cohorts with a known truth.", no_args_is_help=True)
app.add_typer(simulate_app, name="simulate", rich_help_panel="Stages, one by one")
STAGES = "Stages, one by one"


class Format(StrEnum):
    """How `show` prints a table."""

    table = "table"
    markdown = "markdown"
    csv = "csv"


CohortOption = Annotated[
    str, typer.Option("--cohort", help="A cohort of config/config.yaml.", autocompletion=complete_cohort)
]
RootOption = Annotated[Path, typer.Option("--project", help="The project folder.", file_okay=False)]
HERE = Path()
INTERRUPTED = 130
"""Exit code of what Ctrl-C ended, as shells have it."""


@app.command(epilog="Examples: outcomes new my_project; outcomes new --empty my_project")
def new(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
    empty: Annotated[
        bool, typer.Option("--empty", help="Without example data; only your cohorts run.")
    ] = False,
) -> None:
    """Lay out a project of your own: workflow, configuration with every option explained, example data."""
    from outcomes.scaffold.new import new_project

    _say(new_project(folder, empty=empty))


@app.command(epilog="Example: outcomes init data/my_trial/people.csv data/my_trial/scores.csv")
def init(
    files: Annotated[
        list[Path],
        typer.Argument(help="Raw files of one cohort, below the project folder.", show_default=False),
    ],
    name: Annotated[
        str | None,
        typer.Option(help="Name of the cohort; default: from the files.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a draft of this name.")] = False,
    project: RootOption = HERE,
) -> None:
    """Look at your files and draft a cohort file and a plan; every guess is marked as one."""
    from outcomes.scaffold.init import init_cohort

    _say(init_cohort(project, files, name, force))


@app.command(epilog="Example: outcomes check")
def check(project: RootOption = HERE) -> None:
    """Check the configuration and every cohort's files; list all problems in one pass."""
    from outcomes.stages.check import check_project

    _say(check_project(project))


@app.command(epilog="Example: outcomes plan")
def plan(project: RootOption = HERE) -> None:
    """Say which results a run would make anew, and why; nothing runs."""
    from outcomes.stages.plan import plan_run

    _say(plan_run(project))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Examples:\n\noutcomes run\n\noutcomes run --cores 4\n\noutcomes run -n",
)
def run(
    context: typer.Context,
    project: RootOption = HERE,
    cores: Annotated[int, typer.Option(min=1, help="Jobs at a time.")] = 2,
) -> None:
    """Check, then make what is not up to date; extra arguments go to Snakemake."""
    from outcomes.stages.run import run_workflow

    raise typer.Exit(run_workflow(project, cores, context.args))


@app.command(
    epilog="Examples:\n\noutcomes show\n\noutcomes show relapse_cox\n\noutcomes show relapse_cox --format csv"
)
def show(
    analysis: Annotated[
        str | None,
        typer.Argument(
            help="An analysis of a plan; none lists them all.",
            autocompletion=complete_analysis,
            show_default=False,
        ),
    ] = None,
    cohort: Annotated[
        str | None,
        typer.Option(help="Of this cohort only.", autocompletion=complete_cohort, show_default=False),
    ] = None,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="Every column of estimates.csv.")
    ] = False,
    style: Annotated[Format, typer.Option("--format", help="For people, for a text, for a program.")] = (
        Format.table
    ),
    project: RootOption = HERE,
) -> None:
    """Print the estimates of an analysis, contrasts first; without one, list the analyses."""
    from outcomes.stages.listing import print_listings
    from outcomes.stages.show import list_analyses, show_analysis

    if analysis is None:
        listings = list_analyses(project, cohort)
    else:
        listings = show_analysis(
            project, analysis, cohort, all_columns=all_columns, exact=style is Format.csv
        )
    print_listings(listings, style.value)


@app.command(epilog="Example: outcomes explain my_trial 0042")
def explain(
    cohort: Annotated[
        str,
        typer.Argument(help="A cohort that was run.", autocompletion=complete_cohort, show_default=False),
    ],
    patient: Annotated[str, typer.Argument(help="A patient's id, as in the files.", show_default=False)],
    project: RootOption = HERE,
) -> None:
    """Print one patient's timeline, state by state, and why: for your eyes, nothing of it is kept."""
    from outcomes.stages.explain import explain_patient
    from outcomes.stages.listing import print_listings

    print_listings(explain_patient(project, cohort, patient), "table")


@app.command(rich_help_panel=STAGES, epilog="Example: outcomes ingest --cohort my_trial")
def ingest(cohort: CohortOption, project: RootOption = HERE) -> None:
    """Raw files of one cohort to its checked input tables (rule ingest_cohort)."""
    from outcomes.stages.ingest import ingest_cohort
    from outcomes.stages.record import recorded

    with recorded(project, cohort, "ingest"):
        ingest_cohort(project, cohort)


@app.command(rich_help_panel=STAGES, epilog="Example: outcomes derive --cohort my_trial")
def derive(cohort: CohortOption, project: RootOption = HERE) -> None:
    """States of each patient by the definitions that the plan uses (rule derive_cohort)."""
    from outcomes.stages.derive import derive_cohort
    from outcomes.stages.record import recorded

    with recorded(project, cohort, "derive"):
        derive_cohort(project, cohort)


@app.command(rich_help_panel=STAGES, epilog="Example: outcomes fit --cohort my_trial --family symptoms")
def fit(
    cohort: CohortOption,
    family: Annotated[str, typer.Option("--family", help="symptoms, survival, multiverse or descriptive.")],
    project: RootOption = HERE,
) -> None:
    """Fit every pre-specified analysis of one model family of one cohort (rule fit_family)."""
    from outcomes.stages.fit import fit_family
    from outcomes.stages.record import recorded

    with recorded(project, cohort, f"fit {family}"):
        fit_family(project, cohort, family)


@app.command(rich_help_panel=STAGES, epilog="Example: outcomes present --cohort my_trial")
def present(cohort: CohortOption, project: RootOption = HERE) -> None:
    """Estimates, figures, report and provenance of one cohort (rule present_cohort)."""
    from outcomes.stages.present import present_cohort
    from outcomes.stages.record import recorded

    with recorded(project, cohort, "present"):
        present_cohort(project, cohort)


@app.command(rich_help_panel=STAGES, epilog="Example: outcomes index")
def index(project: RootOption = HERE) -> None:
    """The page over all cohorts (rule write_index)."""
    from outcomes.stages.index import write_index

    write_index(project)


@simulate_app.command(
    "trial", epilog="Example: outcomes simulate trial --out data/my_synthetic_trial --patients 200"
)
def simulate_trial_command(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the raw files and truth.yaml to.")],
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.", min=0)] = 20260101,
    patients: Annotated[int, typer.Option(help="Number of patients.", min=40)] = 480,
) -> None:
    """A three-arms-plus-neither trial calibrated on published results, with its truth beside it."""
    from outcomes.simulate.trial import simulate_trial, write_trial

    write_trial(simulate_trial(seed, patients), out)


def _say(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)


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
    except KeyboardInterrupt:  # before or after the command itself, which ends alike
        raise SystemExit(INTERRUPTED) from None
