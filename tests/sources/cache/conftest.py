"""A place to work in with a cache of its own."""

from pathlib import Path

import pytest


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory to work in, with a cache of its own beside it."""
    monkeypatch.delenv("MIGSAFE_CACHE")
    monkeypatch.setenv("MIGSAFE_CACHE_DIR", str(tmp_path / "cache"))
    work = tmp_path / "work"
    (work / "parts").mkdir(parents=True)
    (work / "parts" / "more.sql").write_text("CREATE TABLE parts (id int);\n")
    monkeypatch.chdir(work)
    return work
