"""A copy of the data behind suggestions, for tests that damage or shorten it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.knowledge import callers, learned, words

CACHES = (callers.lexeme_counts, callers.short_names, callers.lexeme_counts_of, learned.shipped, learned._fingerprint)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a copy of the data that replaces it and is read afresh."""
    copy = tmp_path / "data"
    shutil.copytree(words.DATA, copy)
    monkeypatch.setattr(words, "DATA", copy)
    monkeypatch.setattr(learned, "FILE", copy / "model.json")
    for cache in CACHES:
        cache.cache_clear()
    yield copy
    for cache in CACHES:
        cache.cache_clear()


@pytest.fixture
def few_sentences(data: Path) -> Path:
    """Yield the data with a tenth of the callers' sentences, and a model trained on these."""
    lines = (data / "callers.tsv").read_text(encoding="utf-8").splitlines()
    (data / "callers.tsv").write_text("\n".join(lines[1::10]), encoding="utf-8")
    (data / "model.json").write_bytes(learned.write(learned.learn()))
    return data
