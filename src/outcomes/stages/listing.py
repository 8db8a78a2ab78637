"""Tables of text, for the terminal, for a document and for another program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """A table of text with a heading.

    Attributes
    ----------
    chapter : str
        Where not empty, a heading over this table and those that follow.
    whole : frozenset of str
        Columns whose cells are not broken where a terminal is narrow: numbers.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    whole: frozenset[str] = frozenset()
    chapter: str = ""


def print_listings(listings: Sequence[Listing], style: str) -> None:
    """Print each table as ``csv`` (one header, no headings), ``markdown`` or ``table``."""
    if style == "csv":
        _print_csv(listings)
    elif style == "markdown":
        _print_markdown(listings)
    else:
        _print_tables(listings)


def _print_csv(listings: Sequence[Listing]) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    for listing in listings:
        if listing is listings[0]:
            writer.writerow(listing.columns)
        writer.writerows(listing.rows)


def _print_markdown(listings: Sequence[Listing]) -> None:
    import sys

    for listing in listings:
        lines = [listing.columns, ["---"] * len(listing.columns), *listing.rows]
        texts = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
        chapter = [f"**{listing.chapter}**", ""] if listing.chapter else []
        sys.stdout.write("\n".join([*chapter, listing.heading, "", *texts, "", ""]))


def _print_tables(listings: Sequence[Listing]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 10_000  # a pipe has no edge to wrap at
    for listing in listings:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in listing.columns:
            table.add_column(column, overflow="fold", no_wrap=column in listing.whole)
        for row in listing.rows:
            table.add_row(*(Text(cell) for cell in row))
        if listing.chapter:
            console.print(Text(f"{listing.chapter}\n", style="bold"))
        console.print(Text(listing.heading, style="bold"))
        console.print(table)
