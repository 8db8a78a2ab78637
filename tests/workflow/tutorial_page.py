"""A tutorial page as a script: its blocks are followed in order, as its reader would."""

from __future__ import annotations

import html
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"^> (.+)$", re.MULTILINE)
LEFT_OUT = "..."
"""A line of a text block that stands for any number of lines that the page leaves out."""


@dataclass(frozen=True)
class Printed:
    """What a page says that its commands print, and what they printed."""

    said: str
    real: str

    @property
    def alike(self) -> bool:
        """Whether they are the same, but for what the page leaves out."""
        lines = self.said.splitlines(keepends=True)
        pattern = "".join(r"(?:.*\n)*" if line.strip() == LEFT_OUT else re.escape(line) for line in lines)
        return re.fullmatch(pattern, self.real) is not None


def follow(page: Path, folder: Path) -> tuple[Path, list[Printed]]:
    """Follow a page in an empty folder; return the project folder and all that was printed.

    ``sh`` blocks are run (``pip`` is taken as done), ``python`` blocks too; a ``yaml`` block is saved in the
    file that its first line names, a ``diff`` block edits that file; a ``text`` block is what the commands
    above it print. A command without one must succeed.
    """
    printed: list[Printed] = []
    last: list[subprocess.CompletedProcess[str]] = []
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "text":
            printed.append(Printed(trimmed(text), "".join(trimmed(done.stdout) for done in last)))
            last = []
            continue
        assert_done(last)
        last = []
        if language == "sh":
            for line in text.splitlines():
                command, *arguments = shlex.split(line)
                if command == "cd":
                    folder = folder / arguments[0]
                elif command == "outcomes":
                    last.append(run(["-m", "outcomes", *arguments], folder))
                else:
                    assert command == "pip", line
        elif language == "python":
            last.append(run(["-c", text], folder))
        elif language == "diff":
            edit(folder, text)
        else:
            assert language == "yaml", language
            named(folder, text).write_text(text, encoding="utf-8")
    assert_done(last)
    return folder, printed


def named(folder: Path, block: str) -> Path:
    """File that the first line of a block names."""
    return folder / block.partition("\n")[0].removeprefix("# ")


def edit(folder: Path, block: str) -> None:
    """Change a file by the lines of a block that start with -, + or, where nothing changes, a blank."""
    path, lines = named(folder, block), block.splitlines(keepends=True)[1:]
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, block
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder; what it prints and what it complains of come in one text."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=os.environ | {"COLUMNS": "120"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def assert_done(commands: list[subprocess.CompletedProcess[str]]) -> None:
    """Fail with what a command printed if it did not succeed."""
    for done in commands:
        assert done.returncode == 0, done.stdout


def trimmed(text: str) -> str:
    """Text without blanks at the ends of lines, which Markdown cannot show, and without empty lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def quotations(page: Path) -> list[str]:
    """Sentences that a page quotes from its report."""
    return QUOTED.findall(page.read_text(encoding="utf-8"))


def words(report: Path) -> str:
    """Words of a report as they are read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", report.read_text(encoding="utf-8"))).split())


def show_outputs(page: Path, folder: Path) -> None:
    """Print what the commands of a page print now, block after block, to renew the page by hand."""
    for block in follow(page, folder)[1]:
        sys.stdout.write(f"```text\n{block.real}```\n\n")
