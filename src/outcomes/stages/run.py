"""Run the workflow: check first, then Snakemake with the project's profile; progress on a terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from outcomes.errors import Problem, RunError
from outcomes.stages import paths
from outcomes.stages.check import check_project

STEP = re.compile(r"^(\d+) of (\d+) steps")
FINISHED = re.compile(r"^Finished jobid: (\d+)")
ANNOUNCED = re.compile(r"^Job (\d+): (.+)$")
GRACE_SECONDS = 10
FAILED_LOG = re.compile(r"^ +log: (.+) \(check log file")


def run_workflow(root: Path, cores: int, extra: Sequence[str]) -> int:
    """Check the project, then run Snakemake on it; return its exit code.

    Parameters
    ----------
    extra : sequence of str
        Further arguments for Snakemake, such as ``-n`` or a rule's name.
    """
    if not (root / "Snakefile").is_file():
        raise RunError(
            Problem("Snakefile", "", "no such file; run this in a project folder, or give --project")
        )
    check_project(root)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *extra]
    interactive = sys.stderr.isatty()
    # a shell starts its background jobs with interrupts ignored
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # a session of its own, so that an interrupt reaches Snakemake and its jobs once, and from here
    process = subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            kept = list(follow(process.stdout, show=interactive))
        except KeyboardInterrupt:
            stop(process, root)
            raise
    if process.returncode != 0:
        sys.stderr.write(tell_failure(root, kept))
    elif extra:
        sys.stdout.write("".join(kept))
    else:
        sys.stdout.write(f"The reports are ready: {(root / paths.INDEX).resolve()}\n")
    return process.returncode


def stop(process: subprocess.Popen[str], root: Path) -> None:
    """Interrupt Snakemake and its jobs; kill what goes on after the grace, or at a second interrupt.

    An interrupt that arrives while Snakemake takes one of its locks can leave it waiting for itself for ever.
    """
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.communicate(timeout=GRACE_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--unlock"], cwd=root, capture_output=True, check=False
        )


def tell_failure(root: Path, lines: Sequence[str]) -> str:
    """What the failed jobs logged, which says what to do; where no job failed, all that Snakemake said."""
    logs = list(dict.fromkeys(found[1] for line in lines if (found := FAILED_LOG.match(line))))
    told = [
        f"{name}:\n{(root / name).read_text(encoding='utf-8')}" for name in logs if (root / name).is_file()
    ]
    if not told:
        return "".join(lines)
    return "\n".join([*told, f"{len(told)} failed; the whole story is in .snakemake/log\n"])


def follow(lines: Iterable[str], *, show: bool) -> Iterable[str]:
    """Pass Snakemake's lines on; with `show`, print one line per finished job to the terminal."""
    names: dict[str, str] = {}
    finished = ""
    for line in lines:
        yield line
        if announced := ANNOUNCED.match(line):
            names[announced[1]] = announced[2]
        elif done := FINISHED.match(line):
            finished = names.get(done[1], "")
        elif (step := STEP.match(line)) and show and finished:
            sys.stderr.write(f"[{step[1]:>{len(step[2])}}/{step[2]}] {finished}\n")
