"""The template environment that the report and the index share."""

from __future__ import annotations

from typing import Any

SYNTHETIC = "Synthetic data: simulated, not patients"


def render(template: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template shows
    """Render a template of this package; every value is escaped, an undefined name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("outcomes.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(synthetic_text=SYNTHETIC, **values)
