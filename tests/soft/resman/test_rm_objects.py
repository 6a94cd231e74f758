"""Clients and objects: handles, parents, parameters, and what goes when something is freed."""

from __future__ import annotations

import struct

import pytest
from rm_side import (
    CLIENT,
    COPY2,
    DEVICE,
    DUPLICATE,
    INVALID_CLASS,
    INVALID_CLIENT,
    INVALID_HANDLE,
    INVALID_PARAMS,
    INVALID_PARENT,
    NOT_FOUND,
    NOT_SUPPORTED,
    OK,
    SUBDEVICE,
)


def test_a_client_is_made_once(rm):
    assert rm.alloc(CLIENT, CLIENT, 0x41, bytes(4))[0] == DUPLICATE


def test_a_client_under_another_handle_is_refused(rm):
    assert rm.alloc(0, 0xC1D00002, 0x0, bytes(0x78), client=0xC1D00003)[0] == INVALID_CLIENT


def test_an_unknown_client_owns_nothing(rm):
    assert rm.alloc(0xC1D00009, 5, 0x80, client=0xC1D00009)[0] == INVALID_CLIENT
    assert rm.control(DEVICE, 0x00800280, bytes(4), client=0xC1D00009)[0] == INVALID_CLIENT


def test_a_handle_is_used_once(rm):
    assert rm.alloc(DEVICE, SUBDEVICE, 0x2080, bytes(4))[0] == DUPLICATE


def test_rm_chooses_a_handle_where_none_is_given(rm, gpu):
    head = struct.pack("<8I", CLIENT, DEVICE, 0, 0x2080, 0, 0, 0, 0)
    _, reply = gpu.resman.handle(103, head)

    chosen = struct.unpack_from("<I", reply, 8)[0]

    assert struct.unpack_from("<I", reply, 0x10)[0] == OK
    assert rm.object_of(chosen).class_id == 0x2080


@pytest.mark.parametrize(
    ("parent", "class_id", "size"),
    [
        (CLIENT, 0x2080, 4),
        (SUBDEVICE, 0x80, 0x38),
        (CLIENT, 0x90F1, 0x30),
        (SUBDEVICE, 0xC86F, 0x170),
        (DEVICE, 0x9067, 0xC),
        (DEVICE, 0xC8B5, 8),
        (DEVICE, 0xC661, 2),
        (0x7777, 0x2080, 4),
    ],
)
def test_an_object_under_the_wrong_parent_is_refused(rm, parent, class_id, size):
    assert rm.alloc(parent, 5, class_id, bytes(size))[0] == INVALID_PARENT


@pytest.mark.parametrize(
    ("parent", "class_id", "size"),
    [(DEVICE, 0x90F1, 0x38), (DEVICE, 0x90F1, 0), (DEVICE, 0xA06C, 0x10), (DEVICE, 0xC86F, 0x168),
     (SUBDEVICE, 0xC661, 4), (CLIENT, 0x80, 0x30)],
)  # fmt: skip
def test_parameters_of_another_size_are_refused(rm, parent, class_id, size):
    assert rm.alloc(parent, 5, class_id, bytes(size))[0] == INVALID_PARAMS


def test_an_unknown_class_is_refused_and_reported(rm, gpu):
    assert rm.alloc(DEVICE, 5, 0xC36F, bytes(0x170))[0] == INVALID_CLASS
    assert [report.kind for report in gpu.reports] == ["unknown class"]


def test_freeing_a_device_frees_what_is_under_it(rm, gpu):
    channel = rm.channel(rm.group(vaspace=rm.vaspace()), vaspace=0)

    assert rm.free(DEVICE) == OK

    assert set(gpu.resman.tree.client(CLIENT).objects) == {CLIENT}
    assert gpu.fifo.channels == {}
    assert rm.free(channel) == NOT_FOUND


def test_freeing_a_client_frees_all_of_it(rm, gpu):
    rm.channel()

    assert rm.free(CLIENT) == OK

    assert CLIENT not in gpu.resman.tree.clients
    assert gpu.fifo.channels == {}
    assert gpu.resman.chids.in_use(1) == set()


def test_freeing_nothing_says_so(rm):
    assert rm.free(0xDEAD) == NOT_FOUND
    assert rm.free(1, client=0xDEAD) == INVALID_CLIENT


def test_an_address_space_freed_under_a_channel_takes_the_channel_along(rm, gpu):
    vaspace = rm.vaspace()
    channel = rm.channel(vaspace=vaspace)

    assert rm.free(vaspace) == OK

    assert rm.free(channel) == NOT_FOUND
    assert gpu.fifo.channels == {}
    assert "freed under use" in [report.kind for report in gpu.reports]


def test_firmwares_own_objects_stay(rm, gpu):
    internal = gpu.resman.internal

    for found in internal:
        assert rm.free(found.handle, client=internal.client.handle) == 0x1B


def test_memory_is_duplicated_into_another_client(rm, gpu):
    pages = struct.pack("<2Q", 0x90000, 0x90003)
    head = struct.pack("<7I4xQI4xI4x", CLIENT, DEVICE, 0x5555, 0x81, 0, 0, 0, 0x2000, 2, 2 << 16)
    assert gpu.resman.handle(4, head + pages)[0] == OK
    assert rm.alloc(0xC1D00007, 0xC1D00007, 0x41, bytes(4), client=0xC1D00007)[0] == OK
    assert rm.alloc(0xC1D00007, 0x80, 0x80, bytes(0x38), client=0xC1D00007)[0] == OK

    _, reply = gpu.resman.handle(21, struct.pack("<7I", 0xC1D00007, 0x80, 0x6666, CLIENT, 0x5555, 0, 0))
    rm.free(0x5555)

    assert struct.unpack_from("<I", reply, 0x18)[0] == OK
    assert rm.object_of(0x6666, client=0xC1D00007).pages == (0x90000000, 0x90003000)


def test_a_channel_is_not_duplicated(rm, gpu, make_channel):
    channel = make_channel()

    _, reply = gpu.resman.handle(21, struct.pack("<7I", CLIENT, DEVICE, 0x6666, CLIENT, channel, 0, 0))

    assert struct.unpack_from("<I", reply, 0x18)[0] == NOT_SUPPORTED


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_memory_whose_pages_are_not_listed_is_refused(rm, gpu, pages):
    head = struct.pack("<7I4xQI4xI4x", CLIENT, DEVICE, 0x5555, 0x81, 0, 0, 0, 0x2000, 2, 2 << 16)

    assert gpu.resman.handle(4, head + bytes(8 * pages))[0] == (0x1F if pages < 2 else OK)


def test_objects_of_a_channel_are_for_its_engine(rm):
    channel = rm.channel(engine=COPY2)

    assert rm.alloc(channel, 1, 0xC8B5, struct.pack("<2I", 1, 9))[0] == 0x1F
    assert rm.alloc(channel, 1, 0xC8B5, struct.pack("<2I", 1, COPY2))[0] == OK
    assert rm.alloc(channel, 2, 0xC8B5, struct.pack("<2I", 0, COPY2 - 9))[0] == OK
    assert rm.alloc(channel, 3, 0xC8B5)[0] == OK
    assert rm.alloc(channel, 4, 0xCBC0)[0] == INVALID_CLASS
    assert rm.object_of(channel).setup.classes == {0xC8B5}


def test_a_notifier_that_is_no_memory_is_refused(rm):
    assert rm.try_channel(DEVICE, 5, error=DEVICE)[0] == INVALID_HANDLE
