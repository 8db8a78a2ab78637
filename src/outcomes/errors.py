"""Errors that the reader of the message can mend; everything else is a bug and keeps its traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

MOST_NAMES = 40
"""Known names that a message lists; a file may have thousands of columns."""


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


@dataclass(frozen=True)
class Note:
    """Something worth knowing about a file that does not stop the work. Never a value or an id.

    Attributes
    ----------
    level : {'note', 'warning'}
        A warning is probably something to mend, and comes with its evidence.
    source, where, what : str
        As in `Problem`.
    """

    level: Literal["note", "warning"]
    source: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.level}: {': '.join(part for part in (self.source, self.where, self.what) if part)}"


@dataclass(frozen=True)
class RowDetail:
    """One row behind a problem. Holds what stands in the file: only for a file under ``restricted``."""

    source: str
    line: int
    column: str
    rule: str
    value: str


class OutcomesError(Exception):
    """Base of the errors that a user can mend; carries every problem found in one pass.

    `hints` are lines that follow the problems, such as where more is told.
    """

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem], *, hints: Iterable[str] = ()) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(dict.fromkeys(problems))
        )
        if not self.problems:  # whoever gathers problems would take nothing for nothing wrong
            raise ValueError("an error without a problem")
        self.hints = tuple(hints)
        super().__init__("\n".join([render_problems(self.problems), *self.hints]))


class ConfigError(OutcomesError):
    """A configuration file says something that cannot be done."""


class DataError(OutcomesError):
    """A data file breaks the contract that its cohort file declares.

    `details` are the rows behind the problems, for a file that stays on the machine; the message has none.
    """

    def __init__(
        self,
        problems: Problem | Iterable[Problem],
        details: Iterable[RowDetail] = (),
        *,
        hints: Iterable[str] = (),
    ) -> None:
        super().__init__(problems, hints=hints)
        self.details = tuple(details)


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
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{hint}. Known: {', '.join(names[:MOST_NAMES])}{rest}" if names else hint


def format_lines(lines: Iterable[int], most: int = 5) -> str:
    """Return ``"line 4"``, ``"lines 2, 3"`` or ``"lines 2, 3, 5, 8, 9 and 12 more"``."""
    found = sorted(set(lines))
    shown = ", ".join(str(n) for n in found[:most])
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return f"{'line' if len(found) == 1 else 'lines'} {shown}{rest}"
