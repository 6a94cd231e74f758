"""Entries of page tables are written in one store each: who walks the tables sees no half of one."""

from __future__ import annotations

import mmap
import subprocess
import sys

import pytest
from barewire.native._native import ffi, lib

FIRST, SECOND = 0x1111_1111_1111_1111, 0x2222_2222_2222_2222
WRITES = 600_000
WRITER = f"""
import mmap, sys
from barewire.native._native import ffi, lib

with open(sys.argv[1], "r+b") as file:
    memory = mmap.mmap(file.fileno(), 4096)
address = int(ffi.cast("uintptr_t", ffi.from_buffer(memory))) + int(sys.argv[2])
words = [ffi.new("uint64_t *", word) for word in ({FIRST}, {SECOND})]
for number in range({WRITES}):
    lib.bw_copy_to_wc(address, ffi.cast("uint8_t *", words[number % 2]), 8)
"""


@pytest.mark.parametrize("offset", [0, 8, 24, 64])
def test_a_word_is_never_seen_half_written(tmp_path, offset):
    shared = tmp_path / "memory"
    shared.write_bytes(FIRST.to_bytes(8, "little") * 512)
    with shared.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 4096)
    address = int(ffi.cast("uintptr_t", ffi.from_buffer(memory))) + offset
    seen = set()

    with subprocess.Popen([sys.executable, "-c", WRITER, str(shared), str(offset)]) as writer:
        while writer.poll() is None:
            seen.update(lib.bw_read64(address) for _ in range(1000))

    assert writer.returncode == 0
    assert seen <= {FIRST, SECOND}
