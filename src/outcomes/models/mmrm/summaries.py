"""Cross-products from the JSON that another site wrote: read strictly, since nothing else is known of it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from outcomes.errors import DataError, Problem
from outcomes.models.mmrm.crossproducts import ARRAYS, NAMES, CrossProducts

Row = list[FiniteFloat]
Count = Annotated[int, Field(ge=1, le=2**40)]
Place = Annotated[int, Field(ge=0, le=2**20)]
SYMMETRY_RTOL = 1e-9
"""Difference of mirrored entries, beside the largest variances, that rounding explains."""
MOST_TOLD = 3
"""Faults of a file that are named."""


class Content(BaseModel):
    """What a file holds; see `CrossProducts`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: Literal["outcomes cross-products 1"]
    covariates: list[str]
    visit_covariates: list[str]
    visits: list[str]
    groups: list[str]
    group: list[Place]
    observed: list[list[bool]]
    days: list[Row] | None = None
    n_patients: list[Count]
    weight: list[Annotated[FiniteFloat, Field(gt=0)]]
    log_weight: Row
    mean: list[Row]
    scatter: list[list[Row]]


def from_json(text: str, source: str = "cross-products") -> CrossProducts:
    """Read what `CrossProducts.to_json` wrote.

    Raises
    ------
    DataError
        Naming `source`, if the text is something else, its arrays do not fit together, or it holds what no
        sums can be. Never a value.
    """
    try:
        content = Content.model_validate_json(text)
    except ValidationError as exc:
        told = [
            f"{'.'.join(map(str, error['loc'])) or 'file'}: {error['type'].replace('_', ' ')}"
            for error in exc.errors(include_input=False, include_url=False, include_context=False)
        ]
        what = f"is not what save() writes ({'; '.join(told[:MOST_TOLD])})"
        raise DataError(Problem(source, "", what)) from None
    names = {name: tuple(getattr(content, name)) for name in NAMES}
    twice = [name for name, values in names.items() if len(set(values)) < len(values)]
    if twice:
        raise DataError(Problem(source, "", f"{', '.join(twice)}: a name stands twice"))
    P, T = len(content.group), len(content.visits)
    d = len(content.covariates) + (len(content.visit_covariates) + 1) * T
    shapes = {"observed": (P, T), "days": (P, T), "mean": (P, d), "scatter": (P, d, d)}
    given = {name: getattr(content, name) for name in ARRAYS if getattr(content, name) is not None}
    wrong = [name for name, values in given.items() if _shape(values) != shapes.get(name, (P,))]
    if wrong:
        raise DataError(Problem(source, "", f"{', '.join(wrong)}: other sizes than its names and patterns"))
    if any(place >= len(content.groups) for place in content.group):
        raise DataError(Problem(source, "", "holds a group without a name"))
    scatter = np.asarray(content.scatter, dtype=float).reshape(P, d, d)
    diagonal = np.diagonal(scatter, axis1=1, axis2=2)
    size = SYMMETRY_RTOL * np.sqrt(np.abs(diagonal[:, :, None] * diagonal[:, None, :])).max(initial=0.0)
    if (diagonal < 0.0).any() or (np.abs(scatter - np.swapaxes(scatter, 1, 2)) > size).any():
        raise DataError(Problem(source, "", "scatter: is no matrix of sums of products"))
    return CrossProducts(
        **names,
        group=np.asarray(content.group, dtype=np.int64),
        observed=np.asarray(content.observed, dtype=bool).reshape(P, T),
        days=None if content.days is None else np.asarray(content.days, dtype=float).reshape(P, T),
        n_patients=np.asarray(content.n_patients, dtype=np.int64),
        weight=np.asarray(content.weight, dtype=float),
        log_weight=np.asarray(content.log_weight, dtype=float),
        mean=np.asarray(content.mean, dtype=float).reshape(P, d),
        scatter=scatter,
    )


def _shape(values: object) -> tuple[int, ...] | None:
    """Lengths of nested lists; None where they are ragged."""
    if not isinstance(values, list):
        return ()
    inner = {_shape(value) for value in values}
    if len(inner) > 1 or None in inner:
        return None
    return (len(values), *(inner.pop() or () if inner else ()))
