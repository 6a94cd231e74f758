"""The calls of the operating system that VFIO needs, made for real where they need no device."""

from __future__ import annotations

import errno
import os
import struct

import pytest
from barewire.errors import TransportError
from barewire.transport.vfio import abi
from barewire.transport.vfio.abi import Request
from barewire.transport.vfio.kernel import HUGE_BYTES, LinuxKernel, ask, unless_gone

FIONREAD = Request("FIONREAD", 0x541B)  # how many bytes wait: a request that every pipe answers
NONSENSE = Request("NONSENSE", 0x3BFF)


@pytest.fixture
def kernel() -> LinuxKernel:
    return LinuxKernel()


def test_a_request_writes_its_answer_into_the_buffer(kernel):
    reading, writing = os.pipe()
    os.write(writing, b"12345")
    answer = bytearray(4)

    assert kernel.ioctl(reading, FIONREAD, answer) == 0
    assert struct.unpack("=i", answer) == (5,)
    kernel.close(reading)
    kernel.close(writing)


def test_a_request_that_is_refused_is_named(kernel):
    reading, writing = os.pipe()

    with pytest.raises(OSError, match="NONSENSE") as refused:
        kernel.ioctl(reading, NONSENSE, bytearray(4))
    assert refused.value.errno == errno.ENOTTY
    with pytest.raises(OSError, match="Bad file descriptor"):
        kernel.ioctl(-1, NONSENSE, 5)
    os.close(reading)
    os.close(writing)


def test_descriptors_are_not_inherited_and_counters_do_not_block(kernel, tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    fd = kernel.open(str(tmp_path / "file"))
    event = kernel.eventfd()

    assert not os.get_inheritable(fd)
    assert not os.get_inheritable(event)
    with pytest.raises(BlockingIOError):
        os.read(event, 8)
    kernel.write(fd, b"ab", 3)
    assert kernel.read(fd, 4, 2) == b"2ab5"
    assert kernel.usable(str(tmp_path / "file"))
    assert not kernel.usable(str(tmp_path / "none"))
    kernel.close(fd)
    kernel.close(event)


def test_memory_is_zeroed_and_a_forked_child_has_none_of_it(kernel):
    memory = kernel.memory(2 * HUGE_BYTES, False)
    memory[5] = 7
    child = os.fork()
    if not child:
        os._exit(memory[5])  # wiped
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert memory[5] == 7
    assert memory[6] == 0
    memory.close()


def test_what_the_kernel_says_of_this_process(kernel):
    assert "VmLck:" in kernel.status()
    limit = kernel.memlock_limit()
    assert limit is None or limit >= 0
    assert len(kernel.frames(id(kernel), 1)) == 1


class Teller:
    """Answers with a length of its own each time."""

    def __init__(self, *lengths: int) -> None:
        self.lengths = list(lengths)
        self.asked: list[int] = []

    def ioctl(self, fd: int, request: Request, data: bytearray) -> int:
        self.asked.append(len(data))
        struct.pack_into("<I", data, 0, self.lengths.pop(0))
        return 0


def test_an_answer_that_does_not_fit_is_asked_for_again_with_more_room():
    teller = Teller(64, 64)

    assert len(ask(teller, 3, abi.DEVICE_GET_INFO, "vfio_device_info")) == 64
    assert teller.asked == [24, 64]


@pytest.mark.parametrize("lengths", [(1 << 30,), (64, 128, 256, 512)], ids=["too long", "never"])
def test_an_answer_that_cannot_be_true_is_refused(lengths):
    with pytest.raises(TransportError, match="believed"):
        ask(Teller(*lengths), 3, abi.DEVICE_GET_INFO, "vfio_device_info")


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.ENXIO])
def test_a_device_that_is_gone_is_told_from_a_mistake(number):
    def fail(which: int) -> int:
        raise OSError(which, os.strerror(which))

    assert unless_gone(lambda: fail(number), "reading", "it") is None
    assert unless_gone(lambda: 5, "reading", "it") == 5
    with pytest.raises(TransportError, match="reading failed") as failed:
        unless_gone(lambda: fail(errno.EINVAL), "reading", "it")
    assert failed.value.errno == errno.EINVAL
