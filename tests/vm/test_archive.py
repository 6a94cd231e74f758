"""Archives for guests, read back by a reader of their own."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import NamedTuple

from tests.vm.archive import Archive


class Entry(NamedTuple):
    """One file of an archive."""

    mode: int
    content: bytes


def entries(data: bytes) -> dict[str, Entry]:
    """What is in archives that lie one after the other."""
    found, at = {}, 0
    while at < len(data):
        assert data[at : at + 6] == b"070701"
        assert at % 4 == 0
        words = [int(data[at + 6 + 8 * number : at + 14 + 8 * number], 16) for number in range(13)]
        name_at = at + 110
        name = data[name_at : name_at + words[11] - 1].decode()
        content_at = -(-(name_at + words[11]) // 4) * 4
        found[name] = Entry(words[1], data[content_at : content_at + words[6]])
        at = -(-(content_at + words[6]) // 4) * 4
    return found


def written(fill) -> bytes:  # type: ignore[no-untyped-def]
    file = io.BytesIO()
    archive = Archive(file)
    fill(archive)
    archive.close()
    return file.getvalue()


def test_a_file_comes_back_with_its_folders():
    read = entries(written(lambda archive: archive.add_bytes("/a/b/c", b"12345", executable=True)))

    assert list(read) == ["a", "a/b", "a/b/c", "TRAILER!!!"]
    assert stat.S_ISDIR(read["a"].mode)
    assert read["a/b/c"] == (stat.S_IFREG | 0o755, b"12345")


def test_a_link_is_one():
    read = entries(written(lambda archive: archive.add_link("/bin/sh", "busybox")))

    assert read["bin/sh"] == (stat.S_IFLNK | 0o777, b"busybox")


def test_what_was_there_first_stays():
    def fill(archive: Archive) -> None:
        archive.add_bytes("/a", b"first")
        archive.add_bytes("/a", b"second")

    assert entries(written(fill))["a"].content == b"first"


def test_a_folder_of_this_machine_is_there_with_all_that_is_in_it(tmp_path: Path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"x" * 4097)
    (tmp_path / "link").symlink_to("inner/file")

    read = entries(written(lambda archive: archive.add_tree("/there", tmp_path)))

    assert read["there/inner/file"].content == b"x" * 4097
    assert read["there/link"].content == b"x" * 4097


def test_archives_may_follow_each_other():
    one = written(lambda archive: archive.add_bytes("/a", b"1"))
    other = written(lambda archive: archive.add_bytes("/b", b"2"))

    assert {"a", "b"} < set(entries(one + other))
