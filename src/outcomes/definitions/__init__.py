"""The versioned library of definitions of response, remission, recovery, relapse and recurrence."""

from __future__ import annotations

from outcomes.config.library import load_library
from outcomes.definitions.page import render_page

__all__ = ["library_page", "load_library"]


def library_page() -> str:
    """Return the part of docs/definitions.md that lists the library."""
    return render_page(load_library())
