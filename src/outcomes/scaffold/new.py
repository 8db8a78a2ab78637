"""Lay out a project folder of one's own, which the installed package runs outside any clone."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from outcomes.atomic import write_text
from outcomes.errors import ConfigError, Problem
from outcomes.scaffold.template import read_template, render_template

SEED = 20260101
PATIENTS = 120
SHIPPED = ("Snakefile", "workflow", "profiles", "config/outputs.yaml", "config/schemas")
"""Files of the workflow, the same in every project."""
IN_THE_WHEEL = Path(__file__).parent / "project"
IN_A_CHECKOUT = Path(__file__).parents[3]
IGNORED = """\
results/*
!results/README.md
logs/
.snakemake/
# patients stay on this machine
data/*
!data/example/
"""


def new_project(folder: Path, *, empty: bool = False) -> list[str]:
    """Lay out a project in `folder`, which is made or is empty; all of it or nothing.

    Parameters
    ----------
    empty : bool
        Whether no cohort runs yet: the example is there to be read, without its data.

    Returns
    -------
    list of str
        What was made and what to do next, for the terminal.

    Raises
    ------
    ConfigError
        If there is something in `folder`, or its parent does not exist.
    """
    _refuse_used(folder)
    place = folder if folder.is_dir() else folder.parent
    with TemporaryDirectory(prefix=".outcomes-new-", dir=place) as temporary:
        made = Path(temporary) / "project"
        _lay_out(made, empty=empty)
        if folder.is_dir():
            for entry in made.iterdir():
                entry.rename(folder / entry.name)
        else:
            made.rename(folder)
    go = [] if folder.resolve() == Path.cwd() else [f"  cd {folder}"]
    if empty:
        return [
            f"{folder}: a project without a cohort; README.md says what is where. Next, with files in data/:",
            *go, "  outcomes init data/FILE...",
        ]  # fmt: skip
    return [
        f"{folder}: a project with the simulated cohort 'example'; README.md says what is where. Next:",
        *go, "  outcomes check", "  outcomes run",
    ]  # fmt: skip


def shipped_files() -> Path:
    """Folder that holds the files of the workflow: in the installed package, or in a checkout."""
    return IN_THE_WHEEL if IN_THE_WHEEL.is_dir() else IN_A_CHECKOUT


def _refuse_used(folder: Path) -> None:
    if folder.is_dir():
        found = len(list(folder.iterdir()))
        if found:
            what = f"holds {found} file{'s' if found > 1 else ''} or folders already: name a new folder"
            raise ConfigError(Problem(str(folder), "", what))
    elif folder.exists():
        raise ConfigError(Problem(str(folder), "", "is a file: name a new folder"))
    elif not folder.parent.is_dir():
        raise ConfigError(Problem(str(folder.parent), "", "no such folder: make it first"))


def _lay_out(made: Path, *, empty: bool) -> None:
    source = shipped_files()
    without = shutil.ignore_patterns("__pycache__")
    for name in SHIPPED:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, made / name, ignore=without)
        else:
            shutil.copyfile(source / name, made / name)
    main = render_template("config", "schemas")
    if empty:
        main = main[: main.index("cohorts:")] + "cohorts: {}\n"
    write_text(made / "config/config.yaml", main)
    write_text(made / "config/cohorts/example.yaml", render_template("cohort", "../schemas"))
    write_text(made / "config/plans/example.yaml", render_template("plan", "../schemas"))
    write_text(made / "README.md", read_template("README.md"))
    write_text(made / "results/README.md", read_template("results.md"))
    write_text(made / ".gitignore", IGNORED)
    if empty:
        (made / "data").mkdir()
    else:
        _write_example(made / "data/example")


def _write_example(folder: Path) -> None:
    from outcomes.simulate.trial import simulate_trial, write_trial

    write_trial(simulate_trial(SEED, PATIENTS), folder)
    about = read_template("data.md").format(seed=SEED, patients=PATIENTS)
    write_text(folder / "README.md", about)
