"""Delimited text, read strictly: every row as wide as the header, every quote closed.

Plain text goes through Arrow, which is fast; text in which a quote, a blank line or a row's width needs
a closer look goes through the csv module, which is exact about lines. Both give the same columns.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem, format_lines
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats.sniff import refuse_other_format
from outcomes.ingest.reader import RawFile, header_problems

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
DOS_END = "\x1a"
"""Old programs end a text with this."""
UTF8_MARK = b"\xef\xbb\xbf"
SAMPLE = 4096
MOST_OF_A_TITLE = 2
"""Cells of a line above the header, such as ``sep=,`` or a title."""
MOST_COLUMNS = 100_000
BATCH = 100_000
"""Rows that are held as Python lists at a time."""


def read_delimited(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read delimited text; rows without any content are skipped."""
    refuse_other_format(paths["path"], spec)
    content = paths["path"].read_bytes()
    text, notes = decode(content, spec)
    delimiter = "\t" if spec.format == "tsv" else spec.delimiter
    _refuse_immense_header(text, delimiter, spec)
    found = _read_plain(text, delimiter) or _read_exactly(text, delimiter, spec)
    header, columns, lines = found
    problems = header_problems(header, spec)
    if problems:
        raise DataError(problems)
    named = {name: column for name, column in zip(header, columns, strict=True) if name}
    whole = RawFile(spec.path, named, lines, "line", notes=notes)
    filled = np.zeros(len(lines), dtype=bool)
    for column in columns:
        filled |= column.test(lambda cell: cell.strip() != "")
    return whole if filled.all() else whole.keep(filled)


def _refuse_immense_header(text: str, delimiter: str, spec: FileSpec) -> None:
    end = min((place for place in (text.find("\n"), text.find("\r")) if place >= 0), default=len(text))
    if text.count(delimiter, 0, end) > MOST_COLUMNS:
        what = f"has over {MOST_COLUMNS} cells in its first line: has it line ends? restore it"
        raise DataError(Problem(spec.path, "", what))


def decode(content: bytes, spec: FileSpec) -> tuple[str, tuple[str, ...]]:
    """Text of a file in its declared encoding, and what is worth noting about it."""
    declared = codecs.lookup(spec.encoding).name
    other = _other_encoding(content, declared)
    if other:
        raise DataError(Problem(spec.path, "", f"{other} for it in the cohort file"))
    encoding = "utf-8-sig" if declared == "utf-8" else spec.encoding
    notes = ["starts with a byte-order mark, which is left out"] if content.startswith(UTF8_MARK) else []
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        line = content.count(b"\n", 0, getattr(error, "start", 0)) + 1
        what = f"is not {spec.encoding} text (line {line}): declare its encoding, such as encoding: cp1252"
        raise DataError(Problem(spec.path, "", what)) from None
    text = text.removesuffix(DOS_END)
    if not declared.startswith("utf") and not content.isascii() and _is_utf8(content):
        letters = sum(not letter.isascii() for letter in content.decode("utf-8"))
        what = f"is declared as {spec.encoding}, but its {letters} letters beyond ASCII are sound UTF-8"
        notes.append(f"{what}: if they come out garbled, declare encoding: utf-8")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        what = f"holds NUL bytes (line {line}): it is damaged, or no text file; restore it"
        raise DataError(Problem(spec.path, "", what))
    return text, tuple(notes)


def _other_encoding(content: bytes, declared: str) -> str:
    """Say which encoding a file has, where its first bytes contradict the declared one; else ""."""
    if content.startswith(UTF32_MARKS):
        return "" if declared.startswith("utf-32") else "is UTF-32 text: declare encoding: utf-32"
    if content.startswith(UTF16_MARKS):
        return "" if declared.startswith("utf-16") else "is UTF-16 text: declare encoding: utf-16"
    if content.startswith(UTF8_MARK) and not declared.startswith("utf-8"):
        return "starts with the byte-order mark of UTF-8: declare encoding: utf-8"
    start = content[:SAMPLE]
    if declared.startswith("utf-16"):
        # a header, a delimiter, a line end: some letters below 256 stand in every such file
        return "" if b"\0" in start else "is not UTF-16 text: declare its true encoding, such as utf-8,"
    for order, nuls in (("le", start[1::2]), ("be", start[::2])):
        if len(nuls) > 1 and 2 * nuls.count(0) > len(nuls):
            return f"is UTF-16 text without a byte-order mark: declare encoding: utf-16-{order}"
    return ""


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


Found = tuple[list[str], list[TextColumn], np.ndarray]


def _read_plain(text: str, delimiter: str) -> Found | None:
    """Read text whose lines are its rows; None where that is not certain."""
    import pyarrow as pa
    import pyarrow.csv as pc

    if not text.isascii() and not delimiter.isascii():
        return None
    content = text.encode("utf-8").replace(b"\r\n", b"\n")
    first, _, rest = content.partition(b"\n")
    mark = delimiter.encode("utf-8")
    blank = b"\n\n" in content or content.startswith(b"\n")
    if b"\r" in content or blank or not rest or len(mark) != 1 or not _quotes_are_plain(content, mark):
        return None
    if len(first) > csv.field_size_limit():
        return None
    names = next(csv.reader([first.decode("utf-8")], delimiter=delimiter, strict=True))
    header = [name.strip() for name in names]
    places = [str(position) for position in range(len(header))]
    kinds = dict.fromkeys(places, pa.dictionary(pa.int32(), pa.string()))
    try:
        table = pc.read_csv(
            pa.BufferReader(rest),
            read_options=pc.ReadOptions(column_names=places, use_threads=False),
            parse_options=pc.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types=kinds, strings_can_be_null=False, quoted_strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:  # a row of another width: the exact reader says which
        return None
    if table.num_rows != rest.count(b"\n") + (not rest.endswith(b"\n")):
        return None
    columns = [TextColumn.of_arrow(table.column(place)) for place in places]
    if any(len(text) > csv.field_size_limit() for column in columns for text in column.texts):
        return None
    return header, columns, np.arange(2, table.num_rows + 2)


def _quotes_are_plain(content: bytes, mark: bytes) -> bool:
    """Whether each quote encloses one whole cell on one line and holds no other quote."""
    if b'"' not in content:
        return True
    cell = rb"(?:(?<=[" + re.escape(mark) + rb'\n])|\A)"[^"\n]*"(?=[' + re.escape(mark) + rb"\n]|\Z)"
    return b'"' not in re.sub(cell, b"", content)


def _read_exactly(text: str, delimiter: str, spec: FileSpec) -> Found:
    """Read any delimited text, each row with the line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    batches: list[list[TextColumn]] = []
    lines: list[int] = []
    header: list[str] | None = None
    odd: list[tuple[int, int]] = []
    n_rows, start, last = 0, 1, 0
    rows: list[list[str]] = []

    def put_away() -> None:
        batches.append([TextColumn.of(cells) for cells in zip(*rows, strict=True)])
        rows.clear()

    try:
        for row in reader:
            if not row:
                start = reader.line_num + 1
                continue
            if header is None:
                header = [name.strip() for name in row]
            elif any(cell.strip() for cell in row):
                n_rows, last = n_rows + 1, start
                if len(row) == len(header):
                    rows.append(row)
                    lines.append(start)
                else:
                    odd.append((start, len(row)))
            start = reader.line_num + 1
            if len(rows) == BATCH:
                put_away()
    except csv.Error as error:
        raise DataError(_csv_problem(error, start, spec)) from None
    if header is None:
        raise DataError(Problem(spec.path, "", "is empty: restore it from its source"))
    if odd:
        problems = [*header_problems(header, spec), *_ragged(odd, n_rows, last, len(header), text, spec)]
        raise DataError(problems)
    if rows or not batches:
        put_away() if rows else batches.append([TextColumn.of([]) for _ in header])
    columns = [_joined([batch[place] for batch in batches]) for place in range(len(header))]
    return header, columns, np.array(lines, dtype=int)


def _joined(parts: list[TextColumn]) -> TextColumn:
    """One column of several batches."""
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(len(part.texts) for part in parts[:-1])])
    codes = np.concatenate([part.codes + offset for part, offset in zip(parts, offsets, strict=True)])
    merged = TextColumn.of(np.concatenate([part.texts for part in parts]))
    return TextColumn(merged.codes[codes], merged.texts)


def _csv_problem(error: csv.Error, start: int, spec: FileSpec) -> Problem:
    if "unexpected end" in str(error):
        rule = "opens a quote that is never closed: the file may be cut short"
    elif "field limit" in str(error):
        rule = f"has a cell that is too long (over {csv.field_size_limit()} characters; an open quote?)"
    else:
        rule = "misplaces a quote"
    return Problem(
        spec.path, "", f"the row that starts on line {start} {rule}; mend the row, or restore the file"
    )


def _ragged(
    odd: list[tuple[int, int]], n_rows: int, last: int, width: int, text: str, spec: FileSpec
) -> list[Problem]:
    """Rows with fewer or more cells than the header; a short last row without an end may be a cut file."""
    problems = []
    short = [line for line, cells in odd if cells < width]
    long = [line for line, cells in odd if cells > width]
    if short and short[-1] == last and not text.endswith(("\n", "\r")):
        cells = odd[-1][1]
        what = f"seems cut short: its last row has {cells} of {width} cells (line {last}): restore"
        problems.append(Problem(spec.path, "", what))
        short = short[:-1]
    if short:
        what = f"{len(short)} of {n_rows} rows with fewer cells than the header ({format_lines(short)})"
        problems.append(
            Problem(spec.path, "", f"{what}: mend the rows, or quote cells that hold a line break")
        )
    if long:
        what = f"{len(long)} of {n_rows} rows with more cells than the header ({format_lines(long)})"
        remedy = "quote cells that hold the delimiter"
        if len(long) == n_rows and width <= MOST_OF_A_TITLE:
            remedy = "line 1 is no header: remove the lines above the header"
        elif len(long) == n_rows:
            remedy = "the header lacks the name of a column (of row names, or of nothing): add it"
        problems.append(Problem(spec.path, "", f"{what}: {remedy}"))
    return problems
