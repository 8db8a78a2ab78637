"""What tests of one folder share."""

from __future__ import annotations

import pytest


@pytest.fixture
def data(tmp_path):
    """The folder of a project's data."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data"
