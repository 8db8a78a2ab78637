"""YAML written line by line, each with its comment: scalars that are safe, marks that are found again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

GUESS = "# guess:"
FILL_IN = "# TO FILL IN:"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*(?:[ /]\(?[A-Za-z0-9_.+-]+\)?)*")
WORDS_WITH_MEANING = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"])
WHOLE = re.compile(r"0|-?[1-9][0-9]{0,9}")


def text(value: str) -> str:
    """Text as a YAML scalar that is read back as this text, in a flow or a block."""
    if PLAIN.fullmatch(value) and value.casefold() not in WORDS_WITH_MEANING:
        return value
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def code(value: str) -> str:
    """Code of a file as a YAML scalar; whole numbers stand as they are."""
    return value if WHOLE.fullmatch(value) else text(value)


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    number = ord(letter)
    return (
        f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
    )


def flow_list(items: Iterable[str]) -> str:
    """YAML list of codes on one line."""
    return f"[{', '.join(code(item) for item in items)}]"


def flow_map(items: Mapping[str, str]) -> str:
    """YAML mapping of codes to texts on one line."""
    return f"{{{', '.join(f'{code(key)}: {text(value)}' for key, value in items.items())}}}"


def comment(words: str) -> str:
    """Words that stay on their line."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def guess(line: str, why: str) -> str:
    """Return the line with its mark as a guess."""
    return f"{line}  {GUESS} {comment(why)}"


def fill_in(line: str, what: str) -> str:
    """Return the line, whose value is empty, with the question that it asks."""
    return f"{line}  {FILL_IN} {comment(what)}"


def date_format(key: str, formats: tuple[str, ...]) -> str:
    """Line of a date format; a question where the day and the month cannot be told apart."""
    if len(formats) == 1:
        return guess(f"{key} {text(formats[0])}", "every date in the column fits it")
    if not formats:
        return fill_in(key, 'how the date is written, such as "%Y-%m-%d"')
    both = " or ".join(text(form) for form in formats)
    return fill_in(key, f"{both}: every date in the column fits both")
