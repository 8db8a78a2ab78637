"""The page over all cohorts. Light: it reads summaries, never estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outcomes.report.rendering import render


@dataclass(frozen=True)
class IndexEntry:
    """What `summary.json` of a cohort holds; made by `page.summarise`.

    Attributes
    ----------
    n_patients : int or None
        Patients assigned, or analysed where assignment was not recorded.
    arms : sequence of mappings
        ``label``, ``colour`` (``#RRGGBB`` or empty) and ``n`` (or None) of each arm.
    condition : str
        As printed; empty where it is none of the known.
    answers : sequence of mappings
        ``text`` and ``flag`` of each primary answer, the fullest treatment first.
    cautions : sequence of str
        What to mind in reading them.
    combined : bool
        Whether an arm has all components of another one and more.
    """

    name: str
    title: str
    description: str
    condition: str
    design: str
    synthetic: bool
    n_patients: int | None
    arms: Sequence[Mapping[str, str | int | None]]
    question: str
    answers: Sequence[Mapping[str, str]]
    n_warnings: int
    cautions: Sequence[str] = ()
    combined: bool = False

    @property
    def report(self) -> str:
        """Address of the report, relative to the index."""
        return f"{self.name}/release/report.html"

    @property
    def estimates(self) -> str:
        """Address of the estimates, relative to the index."""
        return f"{self.name}/release/estimates.csv"


def render_index(entries: Sequence[IndexEntry]) -> str:
    """Return the index page as one self-contained HTML text, cohorts in the order given."""
    return render("index.html.j2", entries=entries)
