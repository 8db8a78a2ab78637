"""Errors that the reader of the message can mend; everything else is a bug and keeps its traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where it is and what to do. Never a cell's value or a patient's id.

    Attributes
    ----------
    source : str
        The file, as the user wrote its path.
    where : str
        Column, key path or table inside the file; empty when it is the file as a whole.
    what : str
        The rule that is broken, how often, on which lines, and the remedy.
    """

    source: str
    where: str
    what: str


class OutcomesError(Exception):
    """Base of the errors that a user can mend; carries every problem found in one pass."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(dict.fromkeys(problems))
        )
        if not self.problems:  # whoever gathers problems would take nothing for nothing wrong
            raise ValueError("an error without a problem")
        super().__init__(render_problems(self.problems))


class ConfigError(OutcomesError):
    """A configuration file says something that cannot be done."""


class DataError(OutcomesError):
    """A data file breaks the contract that its cohort file declares."""


class RunError(OutcomesError):
    """A run could not go on: a missing intermediate, a lock, an analysis that cannot start."""

    exit_code = 3


def render_problems(problems: Iterable[Problem]) -> str:
    """Group problems by file, one line each, in the order found."""
    groups: dict[str, list[str]] = {}
    for problem in problems:
        line = f"  - {problem.where}: {problem.what}" if problem.where else f"  - {problem.what}"
        groups.setdefault(problem.source, []).append(line)
    return "\n".join(f"{source}:\n" + "\n".join(lines) for source, lines in groups.items())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?). Known: a, b"`` for an unknown word."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"{hint}. Known: {', '.join(names)}" if names else hint


def format_lines(lines: Iterable[int], most: int = 5) -> str:
    """Return ``"line 4"``, ``"lines 2, 3"`` or ``"lines 2, 3, 5, 8, 9 and 12 more"``."""
    found = sorted(set(lines))
    shown = ", ".join(str(n) for n in found[:most])
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return f"{'line' if len(found) == 1 else 'lines'} {shown}{rest}"
