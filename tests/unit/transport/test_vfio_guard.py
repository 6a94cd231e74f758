"""The native guard over mappings that the kernel may take away; a fault elsewhere is what it was."""

from __future__ import annotations

import gc
import mmap
import os
import signal
import subprocess
import sys
import threading

import pytest
from barewire.errors import HostLimit, TransportError
from barewire.native._native import lib
from barewire.transport.vfio.kernel import LinuxKernel
from barewire.transport.vfio.mapping import GuardedPages

PAGE = 4096
SIZE = 64 * PAGE
PIECE = 64 << 10


@pytest.fixture
def file():
    made = os.memfd_create("pages")
    os.ftruncate(made, SIZE)
    yield made
    os.close(made)


@pytest.fixture
def pages(file):
    made = GuardedPages(LinuxKernel(), file, 0, SIZE, "pages")
    yield made
    made.close()


def test_pages_that_are_there_are_what_they_are(pages, file):
    lib.bw_guard_write32(pages.guard, 8, 0x01020304)

    assert lib.bw_guard_read32(pages.guard, 8) == 0x01020304
    assert os.pread(file, 4, 8) == b"\4\3\2\1"
    assert not pages.gone


def test_pages_that_are_gone_read_as_ones_at_every_access(pages, file):
    lib.bw_guard_write32(pages.guard, 8, 5)
    seen = pages.look(PIECE, PIECE)
    os.ftruncate(file, 0)

    assert bytes(seen[:8]) == b"\xff" * 8
    assert pages.gone
    assert lib.bw_guard_read32(pages.guard, 8) == 0xFFFFFFFF
    lib.bw_guard_write32(pages.guard, 8, 6)
    assert lib.bw_guard_read32(pages.guard, 8) == 0xFFFFFFFF
    assert lib.bw_read64(pages.address + SIZE - 8) == 2**64 - 1


def test_only_what_is_touched_is_replaced(pages, file):
    os.ftruncate(file, 0)
    lib.bw_read8(pages.address)
    os.ftruncate(file, SIZE)

    assert lib.bw_read8(pages.address + PIECE) == 0  # the file's own page again
    assert lib.bw_read8(pages.address + PIECE - 1) == 0xFF
    assert lib.bw_guard_faults(pages.guard) == 1


def test_many_threads_see_ones_and_nothing_else(pages, file):
    lib.bw_guard_write32(pages.guard, 0, 0x55555555)
    found = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            found.update(lib.bw_guard_read32(pages.guard, 0) for _ in range(200))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    os.ftruncate(file, 0)
    stop.wait(0.05)
    stop.set()
    for each in threads:
        each.join(10)

    assert found <= {0x55555555, 0xFFFFFFFF}
    assert 0xFFFFFFFF in found


def test_after_a_renewal_the_pages_are_the_files_again(pages, file):
    os.ftruncate(file, 0)
    assert lib.bw_guard_read32(pages.guard, 0) == 0xFFFFFFFF
    os.ftruncate(file, SIZE)
    pages.renew()

    lib.bw_guard_write32(pages.guard, 0, 7)
    assert os.pread(file, 1, 0) == b"\7"
    assert lib.bw_guard_read32(pages.guard, 0) == 7
    assert not pages.gone
    pages.renew()  # nothing to do


def test_who_still_looks_sees_zeros_that_nobody_else_has(file):
    pages = GuardedPages(LinuxKernel(), file, 0, SIZE, "pages")
    seen = pages.look(PAGE, PAGE)
    seen[:4] = b"left"
    pages.close()
    pages.close()

    assert bytes(seen[:4]) == bytes(4)
    seen[:4] = b"mine"
    assert os.pread(file, 4, PAGE) == b"left"
    del seen
    gc.collect()


def test_a_mapping_that_ends_gives_its_guard_back(file):
    for _ in range(5000):
        GuardedPages(LinuxKernel(), file, 0, PAGE, "pages").close()


def test_too_many_guards_are_refused_and_leave_no_mapping(file):
    held = []
    try:
        with pytest.raises(HostLimit):
            for _ in range(5000):
                held.append(GuardedPages(LinuxKernel(), file, 0, PAGE, "pages"))
        assert len(held) > 4000
    finally:
        for each in held:
            each.close()
    assert lib.bw_guard_new(1 << 40, 0) == 0


def test_a_mapping_that_is_refused_says_so(file):
    with pytest.raises(TransportError, match="cannot be mapped"):
        GuardedPages(LinuxKernel(), file, 1, PAGE, "pages")


OTHER_FAULT = """
import ctypes, mmap, os, sys
from barewire.native._native import ffi, lib
file = os.memfd_create("pages")
os.ftruncate(file, 8192)
guarded, other = mmap.mmap(file, 4096), mmap.mmap(file, 8192)
start = int(ffi.cast("uintptr_t", ffi.from_buffer(guarded)))
guard = lib.bw_guard_new(start, 4096)
{before}
os.ftruncate(file, 0)
assert lib.bw_guard_read32(guard, 0) == 0xFFFFFFFF
print("still here", flush=True)
{then}
print("not here", flush=True)
"""


def ended(before: str, then: str) -> subprocess.CompletedProcess[str]:
    code = OTHER_FAULT.format(before=before, then=then)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("", "other[4096]"),
        (
            "import faulthandler; faulthandler.enable(); again = lib.bw_guard_new(start, 4096)",
            "other[4096]",
        ),
        ("", "import signal; os.kill(os.getpid(), signal.SIGBUS); import time; time.sleep(5)"),
        (
            "",
            "lib.bw_guard_shut(guard); lib.bw_guard_free(guard); ctypes.string_at(16, 1)",
        ),
    ],
    ids=["another mapping", "with Python's own handler", "a signal that was sent", "no memory at all"],
)
def test_a_fault_elsewhere_ends_the_process_as_it_would_have(before, then):
    result = ended(before, then)

    assert "still here" in result.stdout, result.stderr
    assert "not here" not in result.stdout
    assert -result.returncode in (signal.SIGBUS, signal.SIGSEGV)


def test_the_handler_that_was_there_is_called_for_a_fault_elsewhere():
    code = """
import ctypes, mmap, os, signal
libc = ctypes.CDLL(None)
@ctypes.CFUNCTYPE(None, ctypes.c_int)
def mine(number):
    os.write(1, b"mine\\n")
    os._exit(3)
libc.signal(signal.SIGBUS, mine)
from barewire.native._native import ffi, lib
file = os.memfd_create("pages")
os.ftruncate(file, 8192)
guarded, other = mmap.mmap(file, 4096), mmap.mmap(file, 8192)
guard = lib.bw_guard_new(int(ffi.cast("uintptr_t", ffi.from_buffer(guarded))), 4096)
os.ftruncate(file, 0)
assert lib.bw_guard_read32(guard, 0) == 0xFFFFFFFF
other[4096]
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert (result.returncode, result.stdout) == (3, "mine\n")


def test_a_views_memory_is_that_of_the_mapping(pages):
    seen = pages.look(4, 4)

    assert isinstance(seen, memoryview)
    assert (seen.nbytes, seen.readonly) == (4, False)
    assert mmap.PAGESIZE == PAGE
