"""FSP: the processor that comes up first, and starts GSP when it is shown a chain of trust.

The host writes a packet into EMEM and moves the queue's tail, then its head, which wakes FSP. FSP makes
head and tail equal when it has taken the packet, writes its answer to the same place in EMEM and moves the
message queue's tail. A packet is an MCTP header, an NVDM header and a payload.

Facts: OGKM:src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c,
OGKM:src/nvidia/inc/kernel/gpu/fsp/kern_fsp_retval.h (error codes), nouveau:nvkm/subdev/fsp/gh100.c.
"""

from __future__ import annotations

import time
from enum import IntEnum
from typing import TYPE_CHECKING

from barewire.softgpu.gsp.acr import Frts
from barewire.softgpu.gsp.fmc import find_image
from barewire.softgpu.gsp.mishaps import Action
from barewire.softgpu.gsp.structs import (
    NVDM_PAYLOAD_COMMAND_RESPONSE,
    NVDM_PAYLOAD_COT,
    PAGE_BYTES,
    Record,
)
from barewire.softgpu.unit import NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

MIB = 1 << 20
BOOT_COMPLETE = 0xFF  # NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE_STATUS_SUCCESS
EMEM_BYTES = 8 << 10
CHANNEL_BYTES = 1 << 10  # of EMEM; the resource manager's channel is the first
ANSWER_DELAY_S = 0.001

MCTP_SINGLE_PACKET = 0xC0000000  # start and end of a message, sequence 0, endpoint 0
NVDM_VENDOR = 0x10DE << 8 | 0x7E
NVDM_VENDOR_MASK = 0x00FFFFFF
NVDM_TYPE_COT = 0x14
NVDM_TYPE_RESPONSE = 0x15
HEADER_BYTES = 8

COT_VERSION = 1
COT_PACKET_BYTES = HEADER_BYTES + NVDM_PAYLOAD_COT.size_bytes
FRTS_BYTES = 1 * MIB
FRTS_ALIGNMENT = 2 * MIB


class FspError(IntEnum):
    """What NVIDIA publishes of FSP's error codes."""

    OK = 0
    INVALID_STATE = 0x9E
    NOT_SUPPORTED = 0xA0
    INVALID_DATA = 0xA1


class Rejected(Exception):
    """FSP does not do what a packet asks.

    Args:
        code: for the response.
        text: what is wrong.
    """

    def __init__(self, code: FspError, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Emem:
    """EMEM and one of its ports: an address that may move on with every access.

    Attributes:
        control: EMEMC: dword in the block 7:2, block 15:8, increment on write 24, on read 25.
    """

    def __init__(self, memory: bytearray) -> None:
        self.memory = memory
        self.control = 0

    @property
    def at(self) -> int:
        """The byte that the next access meets."""
        return self.control & 0xFFFC

    def _advance(self, bit: int) -> None:
        if self.control >> bit & 1:
            self.control = self.control & ~0xFFFC | (self.at + 4) & 0xFFFC

    def load(self) -> int:
        """EMEMD is read."""
        word = int.from_bytes(self.memory[self.at : self.at + 4], "little")
        self._advance(25)
        return word

    def store(self, value: int) -> None:
        """EMEMD is written."""
        if self.at + 4 <= len(self.memory):
            self.memory[self.at : self.at + 4] = value.to_bytes(4, "little")
        self._advance(24)


class Fsp(Unit):
    """FSP as the host sees it.

    Attributes:
        fmc_size_bytes: of the bootstrap image that was last found good.
    """

    ranges = (
        (0x0200BC, 0x0200BF),
        (0x8F0320, 0x8F033F),
        (0x8F2AC0, 0x8F2AFF),
        (0x8F2C00, 0x8F2C3F),
        (0x8F2C80, 0x8F2CBF),
    )

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._registers: dict[int, tuple[str, int]] = {}
        for name in ("NV_PFSP_EMEMC", "NV_PFSP_EMEMD", "NV_PFSP_QUEUE_HEAD", "NV_PFSP_QUEUE_TAIL",
                     "NV_PFSP_MSGQ_HEAD", "NV_PFSP_MSGQ_TAIL", "NV_PFSP_FALCON_COMMON_SCRATCH_GROUP_2",
                     "NV_PFSP_FALCON_COMMON_SCRATCH_GROUP_3"):  # fmt: skip
            register = gpu.table.register(name)
            for index in range(register.counts[0] or 1):
                self._registers[gpu.offset(name, index)] = (name, index)
        self._registers[gpu.offset("NV_THERM_I2CS_SCRATCH")] = ("NV_THERM_I2CS_SCRATCH", 0)
        self.reset()

    def reset(self) -> None:
        self._ready_at = time.monotonic() + self.gpu.options.fsp_ready_s
        self._never_ready: bool | None = None
        self._is_ready = False
        memory = bytearray(EMEM_BYTES)
        self._ports = [Emem(memory) for _ in range(8)]
        self._memory = memory
        self._words: dict[tuple[str, int], int] = {}
        self._working = False
        self.fmc_size_bytes = 0

    @property
    def ready(self) -> bool:
        """Whether FSP has finished its own boot; that stays so until a reset."""
        if not self._is_ready:
            self._is_ready = self._has_booted()
        return self._is_ready

    def _has_booted(self) -> bool:
        if self._never_ready is None:
            mishaps = self.gpu.firmware.mishaps
            self._never_ready = mishaps.take_for_boot(Action.FSP_NOT_READY) is not None
        return not self._never_ready and time.monotonic() >= self._ready_at

    # Registers.

    def read(self, offset: int) -> int:
        name, index = self._named(offset)
        if name == "NV_THERM_I2CS_SCRATCH":
            return BOOT_COMPLETE if self.ready else 0
        if name == "NV_PFSP_EMEMC":
            return self._ports[index].control
        if name == "NV_PFSP_EMEMD":
            return self._port(index).load()
        return self._words.get((name, index), 0)

    def write(self, offset: int, value: int) -> None:
        name, index = self._named(offset)
        if name == "NV_PFSP_EMEMC":
            self._ports[index].control = value & 0x0300FFFC
        elif name == "NV_PFSP_EMEMD":
            self._port(index).store(value)
        elif name.startswith(("NV_PFSP_QUEUE", "NV_PFSP_MSGQ")):
            self._words[name, index] = value
            if name == "NV_PFSP_QUEUE_HEAD":
                self._wake(index)
        else:
            self.gpu.report(
                "read-only register", "a write of a register that is FSP's", offset=offset, value=value
            )

    def _named(self, offset: int) -> tuple[str, int]:
        try:
            return self._registers[offset]
        except KeyError:
            raise NoRegister from None

    def _port(self, index: int) -> Emem:
        port = self._ports[index]
        if port.at + 4 > CHANNEL_BYTES:
            self.gpu.report(
                "foreign EMEM", "an access beyond the resource manager's channel", emem_offset=port.at
            )
        return port

    # The queues.

    def _wake(self, index: int) -> None:
        """The head of a command queue was written."""
        if index != 0:
            self.gpu.report("foreign FSP queue", "a queue that is not the resource manager's", index=index)
            return
        head, tail = self._words["NV_PFSP_QUEUE_HEAD", 0], self._words.get(("NV_PFSP_QUEUE_TAIL", 0), 0)
        if head == tail:
            self.gpu.report("empty FSP packet", "head and tail are equal", head=head)
        elif not self.ready:
            self.gpu.report("early FSP packet", "a packet before FSP has booted: nobody takes it")
        elif self._working or self._answer_unread():
            self.gpu.report("hasty FSP packet", "a packet before the last one's answer was read: lost")
        else:
            self._working = True
            size = (tail - head + 4) & 0xFFFFFFFF
            self.gpu.work.post(lambda: self._take(head, size))

    def _answer_unread(self) -> bool:
        head = self._words.get(("NV_PFSP_MSGQ_HEAD", 0), 0)
        return head != self._words.get(("NV_PFSP_MSGQ_TAIL", 0), 0)

    def _take(self, head: int, size: int) -> None:
        """Take the packet out of EMEM and see to it."""
        packet = bytes(self._memory[head : head + size])
        self._words["NV_PFSP_QUEUE_HEAD", 0] = self._words.get(("NV_PFSP_QUEUE_TAIL", 0), 0)
        nvdm_type = packet[7] if len(packet) >= HEADER_BYTES else 0
        try:
            code = self._obey(packet, head, size)
        except Rejected as rejected:
            self.gpu.report("FSP refusal", rejected.text, code=int(rejected.code))
            code = int(rejected.code)
        if self.gpu.firmware.mishaps.take_for_boot(Action.FSP_SILENT) is None:
            self.gpu.work.after(ANSWER_DELAY_S, lambda: self._answer(nvdm_type, code))

    def _answer(self, nvdm_type: int, code: int) -> None:
        payload = NVDM_PAYLOAD_COMMAND_RESPONSE.build(command_nvdm_type=nvdm_type, error_code=code)
        nvdm = NVDM_TYPE_RESPONSE << 24 | NVDM_VENDOR
        packet = MCTP_SINGLE_PACKET.to_bytes(4, "little") + nvdm.to_bytes(4, "little") + payload
        self._memory[: len(packet)] = packet
        self._words["NV_PFSP_MSGQ_HEAD", 0] = 0
        self._words["NV_PFSP_MSGQ_TAIL", 0] = len(packet) - 4
        self._working = False

    # Packets.

    def _obey(self, packet: bytes, head: int, size: int) -> int:
        """Do what a packet asks.

        Returns:
            The error code of the response.

        Raises:
            Rejected: it is not done.
        """
        if head != 0 or size > CHANNEL_BYTES or len(packet) != size:
            raise Rejected(FspError.INVALID_DATA, f"a packet of {size:#x} bytes at {head:#x} of EMEM")
        if size < HEADER_BYTES:
            raise Rejected(FspError.INVALID_DATA, f"a packet of {size} bytes has no headers")
        mctp = int.from_bytes(packet[:4], "little")
        nvdm = int.from_bytes(packet[4:8], "little")
        if mctp != MCTP_SINGLE_PACKET:
            raise Rejected(FspError.NOT_SUPPORTED, f"MCTP header {mctp:#010x}: not a message of one packet")
        if nvdm & NVDM_VENDOR_MASK != NVDM_VENDOR:
            raise Rejected(FspError.INVALID_DATA, f"NVDM header {nvdm:#010x}: not NVIDIA's")
        if nvdm >> 24 != NVDM_TYPE_COT:
            raise Rejected(FspError.NOT_SUPPORTED, f"NVDM type {nvdm >> 24:#x}")
        mishap = self.gpu.firmware.mishaps.take_for_boot(Action.FSP_ERROR)
        if mishap is not None:
            return mishap.status
        self._start_gsp(packet)
        return int(FspError.OK)

    def _start_gsp(self, packet: bytes) -> None:
        if len(packet) != COT_PACKET_BYTES:
            raise Rejected(FspError.INVALID_DATA, f"a chain of trust of {len(packet)} bytes")
        cot = NVDM_PAYLOAD_COT.parse(packet[HEADER_BYTES:])
        for wrong, code, text in self._cot_faults(cot):
            if wrong:
                raise Rejected(code, text)
        image_hash = cot.hash384.to_bytes(48, "little")
        size = find_image(self.gpu.host, cot.gsp_fmc_sysmem_offset, image_hash)
        if size is None:
            text = f"no bootstrap image with the hash that was given lies at {cot.gsp_fmc_sysmem_offset:#x}"
            raise Rejected(FspError.INVALID_DATA, text)
        self.fmc_size_bytes = size
        frts = Frts(cot.frts_vidmem_offset, cot.frts_vidmem_size)
        self.gpu.firmware.launch(cot.gsp_boot_args_sysmem_offset, frts)

    def _cot_faults(self, cot: Record) -> tuple[tuple[bool, FspError, str], ...]:
        data = FspError.INVALID_DATA
        fmc, args = cot.gsp_fmc_sysmem_offset, cot.gsp_boot_args_sysmem_offset
        return (
            (not self.gpu.firmware.may_launch, FspError.INVALID_STATE, self.gpu.firmware.why_not),
            (cot.version != COT_VERSION, FspError.NOT_SUPPORTED, f"chain of trust version {cot.version}"),
            (cot.size != NVDM_PAYLOAD_COT.size_bytes, data, f"chain of trust size {cot.size}"),
            (fmc == 0 or fmc % PAGE_BYTES != 0, data, f"gspFmcSysmemOffset {fmc:#x}"),
            (args == 0 or args % PAGE_BYTES != 0, data, f"gspBootArgsSysmemOffset {args:#x}"),
            (cot.frts_vidmem_size != FRTS_BYTES, data, f"frtsVidmemSize {cot.frts_vidmem_size:#x}"),
            (
                cot.frts_vidmem_offset < FRTS_BYTES or cot.frts_vidmem_offset % FRTS_ALIGNMENT != 0,
                data,
                f"frtsVidmemOffset {cot.frts_vidmem_offset:#x}",
            ),
            (cot.frts_sysmem_size not in (0, FRTS_BYTES), data, f"frtsSysmemSize {cot.frts_sysmem_size:#x}"),
            (
                (cot.frts_sysmem_size == 0) != (cot.frts_sysmem_offset == 0),
                data,
                f"frtsSysmemOffset {cot.frts_sysmem_offset:#x} with size {cot.frts_sysmem_size:#x}",
            ),
            (cot.hash384 == 0, data, "no hash"),
            (cot.public_key == 0, data, "no public key"),
            (cot.signature == 0, data, "no signature"),
        )
