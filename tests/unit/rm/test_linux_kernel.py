"""The real kernel boundary, tried on files that are not a GPU."""

from __future__ import annotations

import ctypes
import errno
import os

import pytest
from barewire.rm.kernel import LinuxKernel, request_number


@pytest.fixture
def kernel():
    return LinuxKernel()


def test_the_request_number_carries_direction_size_type_and_escape():
    assert request_number(0x2A, 0x20) == 0xC020462A
    assert request_number(201, 4) == 0xC00446C9


def test_a_file_is_mapped_read_and_written_in_place(kernel, tmp_path):
    path = tmp_path / "pages"
    path.write_bytes(b"bare" + bytes(8188))
    fd = kernel.open(str(path))
    address = kernel.mmap(fd, 8192, True)
    kernel.close(fd)

    assert ctypes.string_at(address, 4) == b"bare"
    ctypes.memmove(address, b"wire", 4)
    kernel.munmap(address, 8192)
    assert path.read_bytes()[:4] == b"wire"


def test_a_retired_mapping_is_empty_and_no_longer_the_file(kernel, tmp_path):
    path = tmp_path / "pages"
    path.write_bytes(b"bare" + bytes(4092))
    fd = kernel.open(str(path))
    address = kernel.mmap(fd, 4096, True)
    kernel.retire(address, 4096)

    assert ctypes.string_at(address, 4) == bytes(4)
    ctypes.memmove(address, b"lost", 4)
    kernel.munmap(address, 4096)
    kernel.close(fd)
    assert path.read_bytes()[:4] == b"bare"


def test_descriptors_do_not_pass_to_other_programs(kernel, tmp_path):
    path = tmp_path / "file"
    path.touch()
    fd = kernel.open(str(path))

    assert not os.get_inheritable(fd)
    kernel.close(fd)


def test_errors_are_those_of_the_system_calls(kernel, tmp_path):
    with pytest.raises(FileNotFoundError):
        kernel.open(str(tmp_path / "nothing"))
    with open("/dev/null", "r+b") as null:
        with pytest.raises(OSError) as refused:
            kernel.ioctl(null.fileno(), request_number(0x2A, 0x20), bytearray(0x20))
        assert refused.value.errno == errno.ENOTTY
        with pytest.raises(OSError) as unmapped:
            kernel.mmap(null.fileno(), 4096, True)
        assert unmapped.value.errno == errno.ENODEV
    with pytest.raises(OSError):
        kernel.munmap(1, 4096)
    assert kernel.exists("/dev/null") and not kernel.exists("/dev/nothing at all")
