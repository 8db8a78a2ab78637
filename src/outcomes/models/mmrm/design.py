"""The fixed effects: terms by name, to columns that are known before any data are read.

A column is a patient-level quantity (the constant, an indicator, a number, or a product of these) times a
function of the visit. So row j of a patient's design is ``u' columns[j]`` with u = (1, that patient's
quantities): data enter by u only, and the mean of an arm at a visit is the same product at chosen values of
u. Factors are coded against their first level, as R's treatment contrasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from outcomes.models.mmrm.crossproducts import Array

VISIT = "visit"
Part = tuple[str, str | None]
"""A variable, and the level that is indicated (None: the number itself)."""


@dataclass(frozen=True)
class Factor:
    """A categorical variable; the first level is the reference."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    """A numeric variable, the same at every visit or measured at each (`at_visits`)."""

    name: str
    at_visits: bool = False


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of the fixed effects.

    Attributes
    ----------
    visits : tuple of str (T,)
        Planned visits.
    variables : mapping
        Name to `Factor` or `Number`.
    quantities : tuple of tuple of Part (r,)
        What each patient-level quantity is a product of: ``(("arm", "therapy"), ("base", None))``.
    visit_quantities : tuple of str (c,)
        Numbers measured at each visit.
    columns : array (T, s, p)
        With s = 1 + r + c T.
    names : tuple of str (p,)
        As ``arm=therapy:visit=8``.
    terms : mapping
        Term to the places of its columns.
    """

    visits: tuple[str, ...]
    variables: Mapping[str, Factor | Number]
    quantities: tuple[tuple[Part, ...], ...]
    visit_quantities: tuple[str, ...]
    columns: Array
    names: tuple[str, ...]
    terms: Mapping[tuple[str, ...], tuple[int, ...]]


def build_design(
    visits: Sequence[str],
    variables: Sequence[Factor | Number],
    terms: Sequence[Sequence[str]],
    times: Sequence[float] | None = None,
) -> Design:
    """Lay out the columns.

    Parameters
    ----------
    visits : sequence of str (T,)
        Planned visits, in order.
    variables : sequence of Factor or Number
        What the terms may name, beside ``visit``.
    terms : sequence of sequences of str
        ``[("arm",), ("visit",), ("arm", "visit")]``. The intercept is always there.
    times : sequence of float (T,), optional
        Where given, ``visit`` is a number (a straight line over time) instead of a factor.

    Raises
    ------
    ValueError
        If a term names an unknown variable, comes without a term that it contains, or multiplies a
        number measured at each visit.
    """
    known = {variable.name: variable for variable in variables}
    if VISIT in known:
        raise ValueError(
            f"a variable cannot be called {VISIT}, which means the visit in the terms: rename it"
        )
    # main effects first, so that a product never comes before what it is a product of
    listed = sorted((tuple(term) for term in terms), key=len)
    _check_terms(listed, known)
    T = len(visits)
    along = _visit_functions(visits, times)
    fixed = [term for term in listed if not _at_visits(term, known)]
    quantities = list(
        dict.fromkeys(
            parts for term in fixed if (level := tuple(n for n in term if n != VISIT))
            for parts in _products(level, known)
        )
    )  # fmt: skip
    moving = tuple(name for (name,) in (term for term in listed if _at_visits(term, known)))
    r, s = len(quantities), 1 + len(quantities) + len(moving) * T
    columns: list[Array] = []
    names: list[str] = []
    places: dict[tuple[str, ...], tuple[int, ...]] = {}
    for term in [(), *listed]:
        start = len(columns)
        if _at_visits(term, known):
            column = np.zeros((T, s))
            column[np.arange(T), 1 + r + moving.index(term[0]) * T + np.arange(T)] = 1.0
            columns.append(column)
            names.append(term[0])
        else:
            level = tuple(name for name in term if name != VISIT)
            over = along if VISIT in term else {"": np.ones(T)}
            for parts, (label, weights) in product(_products(level, known), over.items()):
                column = np.zeros((T, s))
                column[:, 1 + quantities.index(parts) if parts else 0] = weights
                columns.append(column)
                names.append(":".join([*map(_shown, parts), *([label] if label else [])]) or "intercept")
        places[term] = tuple(range(start, len(columns)))
    return Design(
        visits=tuple(visits),
        variables=known,
        quantities=tuple(quantities),
        visit_quantities=moving,
        columns=np.stack(columns, axis=2),
        names=tuple(names),
        terms=places,
    )


def quantity_values(design: Design, values: Mapping[str, Mapping[str, float] | float]) -> Array:
    """Values of the quantities, shape (r,), when variables have given values.

    Parameters
    ----------
    values : mapping
        Of each factor the share of each level (an arm itself: ``{"therapy": 1.0}``), of each number its
        value.
    """

    def one(part: Part) -> float:
        name, level = part
        value = values[name]
        if isinstance(value, Mapping):
            return float(value.get(str(level), 0.0))
        return float(value)

    return np.array([np.prod([one(part) for part in parts]) for parts in design.quantities])


def _check_terms(terms: Sequence[tuple[str, ...]], known: Mapping[str, Factor | Number]) -> None:
    for term in terms:
        unknown = [name for name in term if name != VISIT and name not in known]
        if unknown:
            raise ValueError(f"term {':'.join(term)}: no variable {', '.join(unknown)}")
        if len(term) > 1 and any(_at_visits((name,), known) for name in term):
            raise ValueError(f"term {':'.join(term)}: a number measured at each visit stands alone")
        inner = [term[:k] + term[k + 1 :] for k in range(len(term))] if len(term) > 1 else []
        absent = [":".join(part) for part in inner if not any(set(part) == set(other) for other in terms)]
        if absent:
            raise ValueError(f"term {':'.join(term)} needs the terms {', '.join(absent)} too")
    if len({frozenset(term) for term in terms}) < len(terms):
        raise ValueError("a term is given twice")


def _at_visits(term: tuple[str, ...], known: Mapping[str, Factor | Number]) -> bool:
    if len(term) != 1 or term[0] == VISIT:
        return False
    variable = known[term[0]]
    return isinstance(variable, Number) and variable.at_visits


def _visit_functions(visits: Sequence[str], times: Sequence[float] | None) -> dict[str, Array]:
    if times is not None:
        return {"time": np.asarray(times, dtype=float)}
    return {f"visit={visit}": row for visit, row in zip(visits[1:], np.eye(len(visits))[1:], strict=True)}


def _products(names: tuple[str, ...], known: Mapping[str, Factor | Number]) -> list[tuple[Part, ...]]:
    choices: list[list[Part]] = []
    for name in names:
        variable = known[name]
        levels = variable.levels[1:] if isinstance(variable, Factor) else (None,)
        choices.append([(name, level) for level in levels])
    return [tuple(parts) for parts in product(*choices)]


def _shown(part: Part) -> str:
    return part[0] if part[1] is None else f"{part[0]}={part[1]}"


def quantity_names(design: Design) -> tuple[str, ...]:
    """Names of the patient-level quantities, as cross-products carry them."""
    return tuple(
        ":".join(name if level is None else f"{name}={level}" for name, level in parts)
        for parts in design.quantities
    )
