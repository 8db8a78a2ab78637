"""What a result rests on, as digests: code (a module and all it imports), files, configuration."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = "outcomes"
ROOT = Path(__file__).parent


def file_sha256(path: Path) -> str:
    """Sha256 of a file's bytes, in hex, read in blocks."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def code_digest(modules: Iterable[str]) -> str:
    """Digest of the package's modules that the named ones reach by imports, themselves included.

    Parameters
    ----------
    modules : iterable of str
        Dotted names; ``module:function`` entries of a registry count as their module.

    Returns
    -------
    str
        Sha256 in hex over names and contents. Files that are not Python (templates, catalogues)
        count with the package they lie in.
    """
    total = hashlib.sha256()
    for path in sorted(reached_files(modules)):
        total.update(path.relative_to(ROOT).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def reached_files(modules: Iterable[str]) -> set[Path]:
    """Every file of the package behind the named modules and all that they import."""
    waiting = [name.partition(":")[0] for name in modules]
    found: set[Path] = set()
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if name in seen or path is None:
            continue
        seen.add(name)
        found.add(path)
        if path.name == "__init__.py":
            found |= _data_files(path.parent)
        waiting += _imports(path.read_bytes())
        parent = name.rpartition(".")[0]
        if parent:
            waiting.append(parent)
    return found


DATA_SUFFIXES = {".yaml", ".j2", ".css"}


def _data_files(package: Path) -> set[Path]:
    """Files of a package that are not Python: in its folder, and in folders of it that are no packages."""
    found: set[Path] = set()
    for path in package.iterdir():
        if path.is_dir() and not (path / "__init__.py").exists():
            found |= _data_files(path)
        elif path.suffix in DATA_SUFFIXES:
            found.add(path)
    return found


def _file_of(name: str) -> Path | None:
    """File of a dotted name of this package; None for anything else."""
    if name != PACKAGE and not name.startswith(f"{PACKAGE}."):
        return None
    base = ROOT.joinpath(*name.split(".")[1:])
    if (base / "__init__.py").is_file():
        return base / "__init__.py"
    path = base.with_suffix(".py")
    return path if path.is_file() else None


@cache
def _imports(source: bytes) -> tuple[str, ...]:
    """Dotted names that a file imports, at any depth of its code."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)
