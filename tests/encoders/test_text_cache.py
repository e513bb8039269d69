from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from seewhy.encoders.text_cache import MAX_SHARDS, TextCache, find_cache_folder, is_cache_enabled
from seewhy.errors import ShapeError

TEXTS = ["a cat", "a dog", "", "é", "a cat "]


def embeddings_of(texts: list[str]) -> torch.Tensor:
    return torch.tensor([[float(hash(text) % 1000), len(text)] for text in texts])


@pytest.fixture
def cache(tmp_path: Path) -> TextCache:
    return TextCache("digest", folder=tmp_path)


def files(cache: TextCache) -> list[Path]:
    return sorted(cache.folder.iterdir())


def test_what_was_written_is_read(cache: TextCache) -> None:
    cache.write(TEXTS, embeddings_of(TEXTS))
    found = cache.read([*TEXTS, "another"])
    assert list(found) == TEXTS or set(found) == set(TEXTS)
    torch.testing.assert_close(torch.stack([found[t] for t in TEXTS]), embeddings_of(TEXTS))


def test_an_empty_cache_gives_nothing(cache: TextCache) -> None:
    assert cache.read(TEXTS) == {}


def test_another_text_side_sees_nothing(cache: TextCache, tmp_path: Path) -> None:
    cache.write(TEXTS, embeddings_of(TEXTS))
    assert TextCache("other", folder=tmp_path).read(TEXTS) == {}


@pytest.mark.parametrize("damage", [b"", b"x", b"\x00" * 300])
def test_a_damaged_file_costs_a_warning_and_is_written_anew(
    cache: TextCache, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    cache.write(TEXTS, embeddings_of(TEXTS))
    files(cache)[0].write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert cache.read(TEXTS) == {}
    assert "damaged" in caplog.text
    cache.write(TEXTS, embeddings_of(TEXTS))
    assert set(cache.read(TEXTS)) == set(TEXTS)


def test_one_flipped_bit_is_noticed(cache: TextCache) -> None:
    cache.write(TEXTS, embeddings_of(TEXTS))
    path = files(cache)[0]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert cache.read(TEXTS) == {}


def test_many_writes_end_in_few_files(cache: TextCache) -> None:
    texts = [f"text {number}" for number in range(5 * MAX_SHARDS)]
    for text in texts:
        cache.write([text], embeddings_of([text]))
    assert len(files(cache)) <= MAX_SHARDS
    found = cache.read(texts)
    torch.testing.assert_close(torch.stack([found[t] for t in texts]), embeddings_of(texts))


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(60)]

    def write(text: str) -> None:
        TextCache("digest", folder=tmp_path).write([text], embeddings_of([text]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, texts))
    found = TextCache("digest", folder=tmp_path).read(texts)
    assert set(found) == set(texts)
    assert not list(tmp_path.rglob("*.unfinished"))


def test_a_folder_that_cannot_be_made_costs_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = TextCache("digest", folder=tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        cache.write(TEXTS, embeddings_of(TEXTS))
    assert "SEEWHY_NO_CACHE" in caplog.text
    assert cache.read(TEXTS) == {}


def test_rows_must_be_as_many_as_texts(cache: TextCache) -> None:
    with pytest.raises(ShapeError, match=r"\(5, dim\)"):
        cache.write(TEXTS, torch.zeros(4, 2))


def test_the_folder_is_the_one_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    assert find_cache_folder() == tmp_path
    monkeypatch.delenv("SEEWHY_CACHE")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert find_cache_folder() == tmp_path / "xdg" / "seewhy"
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert find_cache_folder().parts[-3:] == ("Library", "Caches", "seewhy")
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert find_cache_folder() == tmp_path / "local" / "seewhy" / "cache"


@pytest.mark.parametrize(("value", "expected"), [("", True), ("0", True), ("1", False)])
def test_a_variable_turns_it_off(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    monkeypatch.setenv("SEEWHY_NO_CACHE", value)
    assert is_cache_enabled() is expected
