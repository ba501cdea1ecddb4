"""The language model that processes share: the same answers, and no file that cannot be trusted."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import numpy as np
import pytest

from monitor.parse import language, unpacked

ARRAYS = (
    np.arange(70_000, dtype=np.uint32),
    np.arange(12, dtype=np.float16).reshape(3, 4),
    np.array(["en", "de"]),
    np.arange(9, dtype=np.int32),
)
TEXTS = (
    "Rada města schválila výstavbu nových kotvišť pro šest lodí a ukončila spor, který trval dva roky.",
    "Министры одиннадцати стран договорились во вторник оставить в порту сорок человек на всю зиму.",
    "Die Minister einigten sich am Dienstag darauf, den Winter über vierzig Leute im Hafen zu behalten.",
    "大臣たちは火曜日、冬の間、港に四十人を残すことで合意した。船も指揮権も持たない。",
    "!!!! 12 34 %%",
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "made" / f"one{unpacked.ENDING}"


@pytest.fixture
def model(monkeypatch):
    """Load the model anew, kept in the folders that are named."""
    monkeypatch.setattr(language._Kept, "folders", ())

    def load(*folders: Path):
        language.keep_in(folders)
        return language.load.__wrapped__()

    return load


def same(found):
    assert found is not None
    assert len(found) == len(ARRAYS)
    return all(a.dtype == b.dtype and a.shape == b.shape and (a == b).all() for a, b in zip(found, ARRAYS, strict=True))


def test_what_is_written_is_read_and_cannot_be_changed(path):
    assert unpacked.read(path) is None
    assert unpacked.write(path, ARRAYS)
    found = unpacked.read(path)
    assert same(found)
    assert not any(array.flags.writeable for array in found)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("where", [0, 100, 140_000, -1])
def test_a_changed_byte_is_seen(path, where):
    unpacked.write(path, ARRAYS)
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    assert unpacked.read(path) is None


@pytest.mark.parametrize("size", [0, 3, 4, 64, 200_000])
def test_a_file_that_was_cut_is_not_read(path, size):
    unpacked.write(path, ARRAYS)
    os.truncate(path, size)
    assert unpacked.read(path) is None


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_not_read(path, mode):
    unpacked.write(path, ARRAYS)
    path.chmod(mode)
    assert unpacked.read(path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_another_users_file_is_not_read(path):
    unpacked.write(path, ARRAYS)
    os.chown(path, 12_345, -1)
    assert unpacked.read(path) is None


def test_what_a_killed_process_left_is_written_over(path):
    path.parent.mkdir()
    (path.parent / "part.languages").write_bytes(b"x" * 1_000_000)
    assert unpacked.write(path, ARRAYS)
    assert same(unpacked.read(path))
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_one_process_at_a_time_writes(path):
    path.parent.mkdir()
    with (path.parent / "part.languages").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not unpacked.write(path, ARRAYS)
    assert unpacked.write(path, ARRAYS)


def test_who_has_mapped_a_file_keeps_it_when_it_is_written_anew(path):
    unpacked.write(path, ARRAYS)
    found = unpacked.read(path)
    assert unpacked.write(path, ARRAYS[:1])
    assert same(found)


def test_the_files_of_other_models_go(path):
    unpacked.write(path, ARRAYS)
    unpacked.write(path.with_name(f"two{unpacked.ENDING}"), ARRAYS)
    assert [one.name for one in path.parent.iterdir()] == [f"two{unpacked.ENDING}"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert not unpacked.write(tmp_path / "file" / "one.languages", ARRAYS)


def test_the_kept_model_answers_as_the_packed_one(model, tmp_path):
    (tmp_path / "file").write_text("no folder")
    packed = model()
    # It takes the first folder that can be written.
    kept = model(tmp_path / "file", tmp_path / "two", tmp_path / "three")
    (file,) = (tmp_path / "two").iterdir()
    written = file.stat()
    again = model(tmp_path / "file", tmp_path / "two", tmp_path / "three")
    assert file.stat().st_mtime_ns == written.st_mtime_ns
    assert not (tmp_path / "three").exists()
    assert written.st_size < 10_000_000
    for text in TEXTS:
        assert packed.rank(text) == kept.rank(text) == again.rank(text)
    # A broken file is made anew.
    os.truncate(file, 1000)
    assert model(tmp_path / "two").classify(TEXTS[0])[0] == "cs"
    assert file.stat().st_size == written.st_size
