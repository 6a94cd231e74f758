"""The calls of nouveau's probe on a GH100, in its order and with its payloads, up to a copy channel and back.

Facts: nouveau:nvkm/subdev/gsp/rm/{r535,r570}/*.c.
"""

from __future__ import annotations

import struct

from rm_side import (
    BUFFERS,
    COPY2,
    GR0,
    OK,
    channel_params,
    context_entries,
    context_memory,
    map_context,
    map_page,
    memory_desc,
    promotion,
)

THREED, COPY, CHANNEL, VASPACE = 0xCB97, 0xC8B5, 0xC86F, 0x90F1
CLIENT_BASE, DEVICE, SUBDEVICE, SPACE, CHANNELS = 0xC1D00000, 0xDE1D0000, 0x5D1D0000, 0x90F10000, 0xF1F00000

RING = 0x10_0000


class Nouveau:
    """What its functions send."""

    def __init__(self, rm):
        self.rm = rm
        self.clients = 0

    def client_and_device(self):
        self.clients += 1
        client = CLIENT_BASE | self.clients
        params = struct.pack("<2I", client, 0xFFFFFFFF).ljust(0x78, b"\0")
        self.alloc(client, client, client, 0, params)
        self.alloc(client, client, DEVICE, 0x80, struct.pack("<2I", 0, client).ljust(0x38, b"\0"))
        self.alloc(client, DEVICE, SUBDEVICE, 0x2080, bytes(4))
        return client

    def alloc(self, client, parent, handle, class_id, params=b""):
        assert self.rm.alloc(parent, handle, class_id, params, client)[0] == OK

    def control(self, client, handle, command, params):
        status, reply = self.rm.control(handle, command, params, client)
        assert status == OK
        return reply

    def free(self, client, *handles):
        for handle in handles:
            assert self.rm.free(handle, client) == OK

    def channel(self, client, chid, engine, block, space, privileged=False, ring=RING):
        flags = chid % 8 << 8 | chid // 8 << 12 | 1 << 21 | privileged << 5
        params = bytearray(
            channel_params(
                vaspace=space, engine=engine, ring=ring, entries=0x200, flags=flags, instance=block,
                userd=block + 0x1000, internal=0x15 if privileged else 0x14,
            )
        )  # fmt: skip
        params[0xD8:0xF0] = memory_desc(
            block + 0x2000, 0x5000, 1
        )  # host memory, says nouveau, whatever it is
        self.alloc(client, DEVICE, CHANNELS | chid, CHANNEL, bytes(params))
        return CHANNELS | chid


def test_a_probe_and_a_removal_leave_nothing_behind(rm, gpu):
    rm.free(0xC1D00001)
    nouveau = Nouveau(rm)
    internal = gpu.resman.internal

    info = rm.call(65, bytes(0x678))[1]
    inside, _, subdevice = struct.unpack_from("<3I", info, 0x640)
    for command, size in ((0x20800137, 4), (0x20800A5C, 0x814), (0x20801112, 0xC8C), (0x20802A08, 4),
                          (0x208001B0, 0x504)):  # fmt: skip
        nouveau.control(inside, subdevice, command, bytes(size))
    for gpc in range(8):
        nouveau.control(inside, subdevice, 0x20800138, struct.pack("<2I", gpc, 0))
    assert rm.call(70, struct.pack("<I4xQQ", 1, 0x70_1012, 56))[0] == OK

    golden = nouveau.client_and_device()
    root = 0x100_0000
    for gpu_va in (0x1000, 0x2000, RING):
        map_page(gpu, root, gpu_va, 0x200_0000 + gpu_va)
    nouveau.alloc(golden, DEVICE, SPACE, VASPACE, bytes(0x30))
    levels = bytearray(0xB8)
    struct.pack_into("<QQQI", levels, 8, 1 << 29, 1 << 32, (1 << 32) + (1 << 29) - 1, 4)
    for row, (shift, size) in enumerate(((56, 16), (47, 4096), (38, 4096), (29, 4096))):
        struct.pack_into("<QQIB", levels, 0x28 + 0x18 * row, root + 0x1000 * row, size, 1, shift)
    nouveau.control(golden, SPACE, 0x90F10106, bytes(levels))
    channel = nouveau.channel(golden, 1, GR0, 0x300_0000, SPACE, privileged=True, ring=0)
    nouveau.control(inside, subdevice, 0x20800A32, bytes(0x680))
    nouveau.control(inside, subdevice, 0x20801206, bytes(0x28))
    map_context(gpu, root)
    at, size = BUFFERS[10]
    entries = context_entries(buffers=set(BUFFERS) - {10})
    entries.append(promotion(10, 0, context_memory() + at, size, initialise=1, unmapped=1))
    promote = bytearray(0x30) + b"".join(entries)
    struct.pack_into("<5I", promote, 0, 1, 0, 0, golden, channel)
    struct.pack_into("<I", promote, 0x28, len(entries))
    nouveau.control(golden, SUBDEVICE, 0x2080012B, bytes(promote.ljust(0x230, b"\0")))
    nouveau.alloc(golden, channel, 0x97000000, THREED)
    nouveau.free(golden, 0x97000000, channel, SPACE, SUBDEVICE, DEVICE, golden)

    copying = nouveau.client_and_device()
    nouveau.alloc(copying, DEVICE, SPACE, VASPACE, struct.pack("<2I", 0, 8).ljust(0x30, b"\0"))
    nouveau.control(copying, DEVICE, 0x00801813, struct.pack("<Q6I", root, 2, 0, SPACE, 0, 0, 0))
    channel = nouveau.channel(copying, 2, COPY2, 0x310_0000, SPACE, privileged=True)
    nouveau.control(copying, channel, 0xA06F0104, struct.pack("<I", COPY2))
    nouveau.control(copying, channel, 0xA06F0103, b"\1\0")
    nouveau.alloc(copying, channel, 0xB5000000, COPY, struct.pack("<2I", 1, COPY2))
    assert gpu.fifo.channels[1, 2].scheduled

    nouveau.free(copying, 0xB5000000, channel)
    nouveau.control(copying, DEVICE, 0x00801814, struct.pack("<2I", SPACE, 0))
    nouveau.free(copying, SPACE, SUBDEVICE, DEVICE, copying)
    assert rm.call(70, struct.pack("<I4xQQ", 1, 0, 56))[0] == OK
    assert rm.call(47, bytes(8))[0] == OK

    assert list(gpu.resman.tree.clients) == [internal.client.handle]
    assert gpu.reports == []
    assert rm.events == []
