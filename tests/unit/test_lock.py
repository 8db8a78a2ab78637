"""The lock pins every package with hashes and names no address."""

import re
from pathlib import Path

LOCK = (Path(__file__).parents[2] / "requirements.lock").read_text(encoding="utf-8")


def test_no_address_in_the_lock():
    assert not re.search(r"https?://|file:|--index-url|--find-links", LOCK)


def test_every_package_is_pinned_with_hashes():
    pins = re.findall(r"^([A-Za-z0-9_.\-\[\]]+)==\S+.*?(?=^\S|\Z)", LOCK, re.M | re.S)
    blocks = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.M)[1:]
    assert len(blocks) == len(pins) > 50
    assert all("--hash=sha256:" in block for block in blocks)
