"""One measure as it will be declared."""

from __future__ import annotations

from dataclasses import dataclass, field

from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.people import Identity
from outcomes.scaffold.init.scales import Scale
from outcomes.scaffold.init.visits import Plan


@dataclass(frozen=True)
class MeasureGuess:
    """One measure as it will be declared.

    Wide with `columns` or `item_columns` (by visit), long with `score` or `items`, or with both.
    """

    name: str
    label: str
    scale: Scale
    table: Table
    identity: Identity
    plan: Plan
    columns: dict[str, str] = field(default_factory=dict)
    item_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    score: str = ""
    items: tuple[str, ...] = ()
    visit: str = ""
    time: str = ""
    baseline: str = ""
    change: bool = False
    codes: tuple[str, ...] = ()

    @property
    def scores(self) -> set[str]:
        """Columns that hold its scores or items."""
        by_visit = (name for items in self.item_columns.values() for name in items)
        return {*self.columns.values(), *by_visit, *self.items, self.score}

    @property
    def visits(self) -> int:
        """Number of planned visits that its scores are known to have."""
        named = {*self.columns, *self.item_columns, *self.plan.names.values(), *self.plan.windows}
        return len(named - {""})

    @property
    def has_baseline(self) -> bool:
        """Whether some column or row holds the baseline score."""
        named = {*self.columns, *self.item_columns, *self.plan.names.values(), *self.plan.windows}
        return bool(self.baseline) or "baseline" in named or self.needs_windows

    @property
    def has_date(self) -> bool:
        """Whether its actual times are dates, which count from the patient's baseline."""
        return bool(self.time) and self.table.columns[self.time].kind == "date"

    @property
    def needs_windows(self) -> bool:
        """Whether an actual time alone tells the visit, by windows that only the user can give."""
        return bool(self.time) and not self.visit and not self.plan.windows
