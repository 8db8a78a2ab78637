"""Save a figure as SVG and PNG, the same bytes on every run."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from outcomes.figures.page import figure_settings
from outcomes.io import atomic_path

PNG_DPI = 300


def save_figure(figure: Figure, stem: Path, title: str, description: str) -> None:
    """Write ``stem.svg`` and ``stem.png``, each atomically.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        As a function of `FIGURES` returns it.
    stem : pathlib.Path
        Path without suffix; its name also salts the ids inside the SVG, so that two figures can
        stand in one page.
    title, description : str
        Metadata of both files; the description is the alternative text.
    """
    told = {"Title": title, "Description": description}
    svg, png = stem.parent / f"{stem.name}.svg", stem.parent / f"{stem.name}.png"
    with figure_settings(), matplotlib.rc_context({"svg.hashsalt": stem.name}):
        with atomic_path(svg) as path:
            FigureCanvasSVG(figure).print_figure(
                path, format="svg", metadata={**told, "Date": None, "Creator": None}
            )
        with atomic_path(png) as path:
            FigureCanvasAgg(figure).print_figure(
                path, format="png", dpi=PNG_DPI, metadata={**told, "Software": None}
            )
