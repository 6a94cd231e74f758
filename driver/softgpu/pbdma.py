"""PBDMA: fetches a channel's ring and pushbuffers and executes what they say.

Facts: open-gpu-doc:manuals/ampere/ga100/{dev_pbdma,dev_ram}.ref; what Hopper added to GP entries:
OGKM:kernel-open/nvidia-uvm/uvm_hopper_host.c, src/common/sdk/nvidia/inc/class/clc86f.h.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from barewire.softgpu import methods
from barewire.softgpu.channel import (
    Channel,
    ChannelError,
    Engine,
    Interrupt0,
    Interrupt1,
    Stop,
    host_copy_error,
    host_error,
)
from barewire.softgpu.channel_memory import PAGE_BYTES
from barewire.softgpu.methods import HOST_END

if TYPE_CHECKING:
    from barewire.softgpu.fifo import Fifo

ENTRY_BYTES = 8
WORD_BYTES = 4
MOST_ENTRIES = 64  # GP entries that are fetched ahead
SEGMENT_SPACE = 1 << 40  # a segment lies within one such stretch
FIRST_SOFTWARE_SUBCHANNEL = 5
SUBDEVICE = 1  # this GPU's bit in subdevice masks
TOP_LEVEL_GET_VALID = 1 << 31

# GP entries, in the order of bits of the 64-bit word.
_FETCH_CONDITIONAL = 1 << 0
_LEVEL_SUBROUTINE = 1 << 41
_LENGTH_LOW, _LENGTH_MASK = 42, 0x1FFFFF
_OPCODE_LOW, _OPCODE_MASK = 32, 0xFF
_OP_NOP, _OP_ILLEGAL, _OP_GP_CRC, _OP_PB_CRC, _OP_EXTENDED_BASE = range(5)


class Pbdma:
    """Executes channels of one runlist.

    Args:
        fifo: whose channels they are.
    """

    def __init__(self, fifo: Fifo) -> None:
        self._fifo = fifo
        self._gpu = fifo.gpu
        self._host = fifo.host_methods

    def run(self, channel: Channel, until_ns: int) -> Stop:
        """Execute a channel until it has to stop, or the time is over.

        Raises:
            ChannelError: the channel did what takes it off its runlist.
            Refused: Host could not reach memory that the channel named.
        """
        sanitizer = self._gpu.sanitizer
        if sanitizer is None:
            return self._run(channel, until_ns)
        sanitizer.running = channel
        try:
            return self._run(channel, until_ns)
        finally:
            sanitizer.running = None

    def _run(self, channel: Channel, until_ns: int) -> Stop:
        while True:
            if channel.pending is not None:
                stop = channel.pending(until_ns)
                if stop is not None:
                    return stop
                channel.pending = None
                channel.engine_job = False
                if self._gpu.sanitizer is not None:
                    self._gpu.sanitizer.resumed(channel)
            if channel.index < len(channel.words):
                self._execute(channel)
            elif not self._fetch(channel):
                self.show_progress(channel)
                return Stop.IDLE
            if channel.pending is None and time.monotonic_ns() >= until_ns:
                return Stop.TIME

    def show_progress(self, channel: Channel) -> None:
        """Write back what USERD shows of a channel."""
        get = channel.segment_va - (len(channel.words) - channel.index) * WORD_BYTES
        put = channel.segment_va + channel.segment_left * WORD_BYTES
        words = {"Get": get & 0xFFFFFFFF, "GetHi": get >> 32, "Put": put & 0xFFFFFFFF, "PutHi": put >> 32}
        if channel.segment_main:
            words |= {"TopLevelGet": get & 0xFFFFFFFF, "TopLevelGetHi": get >> 32 | TOP_LEVEL_GET_VALID}
        channel.userd.put(**words)

    # The ring.

    def _fetch(self, channel: Channel) -> bool:
        """Get more words; whether there was anything to do."""
        if channel.segment_left:
            self._fetch_words(channel)
            return True
        if channel.in_segment:
            self._finish_entry(channel)
        if channel.gp_get == channel.gp_put:
            return False
        if not channel.gp_words:
            self._fetch_entries(channel)
        self._take_entry(channel, channel.gp_words.pop())
        return True

    def _fetch_entries(self, channel: Channel) -> None:
        """GP entries from GP_GET on, as many as lie in the same page; the next one last."""
        setup = channel.setup
        last = channel.gp_put if channel.gp_put > channel.gp_get else setup.entries
        gpu_va = setup.gpfifo_va + channel.gp_get * ENTRY_BYTES
        in_page = (PAGE_BYTES - gpu_va % PAGE_BYTES) // ENTRY_BYTES
        count = min(last - channel.gp_get, in_page, MOST_ENTRIES)
        data = channel.memory.read(gpu_va, count * ENTRY_BYTES)
        channel.gp_words = memoryview(data).cast("Q").tolist()
        channel.gp_words.reverse()

    def _take_entry(self, channel: Channel, entry: int) -> None:
        if self._gpu.sanitizer is not None:
            self._gpu.sanitizer.taken(channel, entry)
        channel.in_segment = True
        channel.words = []
        channel.index = 0
        length = entry >> _LENGTH_LOW & _LENGTH_MASK
        if not length:
            self._control(channel, entry)
            return
        if entry & _FETCH_CONDITIONAL and not channel.mask & SUBDEVICE:
            return
        address = entry & 0xFF_FFFF_FFFC
        if address + length * WORD_BYTES > SEGMENT_SPACE:
            raise self._bad_entry(channel, entry, "the segment runs past the end of 40 bits of address")
        if channel.left and entry & _FETCH_CONDITIONAL:
            raise host_error(Interrupt0.PBSEG, "a sequence of methods goes on in a conditional segment")
        channel.segment_va = channel.extended_base | address
        channel.segment_left = length
        channel.segment_main = not entry & _LEVEL_SUBROUTINE

    def _control(self, channel: Channel, entry: int) -> None:
        opcode = entry >> _OPCODE_LOW & _OPCODE_MASK
        if opcode == _OP_EXTENDED_BASE:
            channel.extended_base = (entry >> 8 & 0x1FFFF) << 40
        elif opcode in (_OP_GP_CRC, _OP_PB_CRC):
            self._gpu.report("crc", "a GP entry asked for a CRC, which the model takes as right", entry=entry)
        elif opcode != _OP_NOP:
            raise self._bad_entry(channel, entry, f"there is no GP entry operation {opcode}")
        elif not entry:
            self._gpu.report(
                "empty GP entry",
                "a GP entry of zeros was executed as NOP: was it written before GP_PUT was?",
                token=channel.token,
                index=channel.gp_get,
            )

    def _bad_entry(self, channel: Channel, entry: int, why: str) -> ChannelError:
        return host_error(Interrupt0.GPENTRY, why, entry=entry, index=channel.gp_get)

    def _finish_entry(self, channel: Channel) -> None:
        channel.in_segment = False
        channel.gp_get = (channel.gp_get + 1) % channel.setup.entries
        channel.userd.put(GPGet=channel.gp_get)

    def _fetch_words(self, channel: Channel) -> None:
        gpu_va = channel.segment_va
        size = min(channel.segment_left * WORD_BYTES, PAGE_BYTES - gpu_va % PAGE_BYTES)
        data = channel.memory.read(gpu_va, size)
        if self._gpu.sanitizer is not None:
            self._gpu.sanitizer.fetched(channel, gpu_va, data)
        channel.words = memoryview(data).cast("I").tolist()
        channel.index = 0
        channel.segment_va = gpu_va + size
        channel.segment_left -= size // WORD_BYTES

    # The pushbuffer.

    def _execute(self, channel: Channel) -> None:
        """Execute fetched words until there are no more, or something is pending.

        One loop on purpose: every word of every pushbuffer passes here.
        """
        words = channel.words
        index, end = channel.index, len(words)
        left, address, kind = channel.left, channel.address, channel.kind
        host, kept = channel.host, self._host.kept
        active = channel.mask & SUBDEVICE
        try:
            while index < end:
                word = words[index]
                index += 1
                if left:
                    left -= 1
                    method = address
                    if kind != methods.STAY:
                        address += 1
                        if kind == methods.INCREMENT_ONCE:
                            kind = methods.STAY
                else:
                    kind, channel.subchannel, address, value = self._decode(word)
                    if kind <= methods.INCREMENT_ONCE:
                        left = value
                        continue
                    if kind != methods.IMMEDIATE:
                        if kind == methods.END_SEGMENT:
                            index, channel.segment_left = end, 0
                        else:
                            self._set_mask(channel, kind, value)
                            active = channel.mask & SUBDEVICE
                        continue
                    method, word = address, value
                if not active:
                    continue
                if method < HOST_END and kept[method]:
                    host[method] = word
                    continue
                channel.index, channel.method = index, method  # for who asks where this is
                if method < HOST_END:
                    stop = self._run_host(channel, method, word)
                else:
                    stop = self._run_engine(channel, method, word)
                if stop:
                    return
        finally:
            channel.index = index
            channel.left, channel.address, channel.kind = left, address, kind

    def _decode(self, word: int) -> methods.Instruction:
        try:
            return methods.decode(word)
        except methods.BadHeader as why:
            raise host_error(Interrupt0.PBENTRY, str(why), word=word) from None

    def _set_mask(self, channel: Channel, kind: int, value: int) -> None:
        if kind == methods.SET_MASK:
            channel.mask = value
        elif kind == methods.STORE_MASK:
            channel.stored_mask = value
        elif kind == methods.USE_MASK:
            channel.mask = channel.stored_mask

    def _run_host(self, channel: Channel, method: int, data: int) -> bool:
        if method:
            return self._host.run(channel, method, data)
        self._set_object(channel, data & 0xFFFF)
        return False

    def _set_object(self, channel: Channel, class_id: int) -> None:
        engine = self._engine(channel)
        if class_id not in engine.class_ids:
            raise host_copy_error(
                Interrupt1.HCE_ILLEGAL_CLASS, f"{engine.name} has no class {class_id:#06x}", class_id=class_id
            )
        engine.bind(channel.subchannel, class_id)

    def _run_engine(self, channel: Channel, method: int, data: int) -> bool:
        engine = self._engine(channel)
        made = channel.setup.classes
        if made is not None and made.isdisjoint(engine.class_ids):
            raise host_copy_error(
                Interrupt1.CTXNOTVALID,
                f"no object for {engine.name} was made on the channel",
                method=method * 4,
            )
        return engine.method(method, data)

    def _engine(self, channel: Channel) -> Engine:
        if channel.subchannel < FIRST_SOFTWARE_SUBCHANNEL:
            return channel.by_subchannel[channel.subchannel]
        raise host_error(
            Interrupt0.DEVICE,
            f"subchannel {channel.subchannel} is for software, which has no object there",
            subchannel=channel.subchannel,
        )
