"""From a GPU after reset to a resource manager that answers: the steps, in order.

    gsp = boot(bus, registers, chip, firmware)
    gsp.static_info["bar1PdeBase"]
    gsp.close()

FSP starts GSP's first code (the FMC), the FMC carves out the protected region and starts the bootloader
there, the bootloader starts the resource manager, which takes its first commands from the queue and says that
it is up. The steps' order is `STEPS`; each error says in which of them it came.

Facts: OGKM:kernel_gsp_gh100.c (kgspBootstrapRiscvOSEarly_GH100), kern_fsp_gh100.c; nouveau:nvkm/subdev/gsp/
gh100.c, rm/r535/gsp.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from barewire.abi import status
from barewire.abi.layout import Abi, Struct, firmware_abi
from barewire.chip.boot import MIB, BootFacts
from barewire.chip.bringup import boot_facts
from barewire.errors import BadFirmware, BarewireError, BootError, FirmwareMissing, ResetRequired
from barewire.fsp import chain_of_trust
from barewire.fsp.channel import FspChannel
from barewire.fsp.ready import wait_until_ready
from barewire.gsp import arguments, radix3, recovery, registry
from barewire.gsp.arguments import Blob, CodeOffsets
from barewire.gsp.dma import PAGE_BYTES, DmaPool
from barewire.gsp.falcon import GspFalcon
from barewire.gsp.functions import Event, Function
from barewire.gsp.log import LogBuffer, make_logs
from barewire.gsp.queue import COMMAND_OFFSET, MEMORY_BYTES, PAGE_COUNT, STATUS_OFFSET, MessageQueues
from barewire.gsp.rpc import GspRpc
from barewire.gsp.running import Gsp
from barewire.gsp.steps import Journal, Progress
from barewire.gsp.system_info import system_info
from barewire.pci.config import PciFunction
from barewire.regs.registers import RegisterFile

if TYPE_CHECKING:
    from barewire.chip.identify import Chip
    from barewire.firmware.find import FirmwareSet
    from barewire.firmware.gsp import Fmc
    from barewire.transport.bus import Bus

# Images that GSP has copied once it runs.
FMC, BOOTLOADER, SIGNATURE = "FMC image", "bootloader image", "firmware signature"
WPR_META, FMC_ARGUMENTS = "WPR meta", "FMC arguments"
LIBOS_ARGUMENTS, RM_ARGUMENTS = "LibOS regions", "RM arguments"
QUEUES, FLUSH_PAGE = "message queues", "sysmem flush page"
# What the bootloader and the resource manager may look at again stays: regions, arguments, queues, logs.
_COPIED = (FMC, BOOTLOADER, SIGNATURE, WPR_META, FMC_ARGUMENTS)


@dataclass(frozen=True)
class BootTimeouts:
    """How long each wait of the boot may last, in seconds."""

    fsp_ready_s: float = 5.0
    fsp_send_s: float = 1.0
    fsp_answer_s: float = 5.0
    release_s: float = 30.0
    active_s: float = 5.0
    queue_s: float = 5.0
    init_s: float = 30.0
    call_s: float = 6.0


def boot(
    bus: Bus,
    registers: RegisterFile,
    chip: Chip,
    firmware: FirmwareSet,
    *,
    timeouts: BootTimeouts | None = None,
    progress: Progress | None = None,
    settings: Mapping[str, int | str | bytes] | None = None,
) -> Gsp:
    """Boot GSP.

    A GPU whose last owner left its firmware running, or left without a word, is reset first. If the boot
    fails, the GPU is reset, so that it lets go of host memory and the next boot finds it fresh, and the
    memory is given back.

    Args:
        bus: to the GPU.
        registers: of it, on that bus, with codes of the register network recognised.
        chip: what it is.
        firmware: for that chip.
        timeouts: of the waits.
        progress: told of each step as it begins.
        settings: for the resource manager, besides those that it needs.

    Raises:
        BootError: a step failed; `step` names it, `value` is the code of what refused.
        ResetRequired: the GPU is in a state that only a reset ends, and it could not be reset.
        PollTimeout: a step did not end in time; `step` names it.
        FirmwareMissing, BadFirmware, UnknownDriver: the firmware does not fit; nothing was done.
        UnknownChip: barewire cannot boot this chip; nothing was done.
        DeviceLost: the GPU does not answer; `step` says since when.
        DmaError: there is no memory for it.
    """
    facts = boot_facts(chip.name)
    journal = Journal(progress)
    with journal.step("check the firmware"):
        abi = firmware_abi(firmware.version)
        fmc = _check_firmware(firmware, facts)
    wanted = {**registry.REQUIRED, **(settings or {})}

    def attempt(fresh: bool) -> Gsp:
        plan = _Plan(facts, abi, firmware, fmc, timeouts or BootTimeouts(), wanted, fresh)
        return _Boot(bus, registers, plan, journal).run()

    try:
        return attempt(fresh=False)
    except recovery.Abandoned:
        with journal.step("reset the GPU"):
            recovery.stop(bus)
    except ResetRequired as left_running:
        with journal.step("reset the GPU"):
            recovery.reset(bus, left_running)
    return attempt(fresh=True)


def _check_firmware(firmware: FirmwareSet, facts: BootFacts) -> Fmc:
    if firmware.chip != facts.chip:
        raise BadFirmware(
            f"the firmware is for {firmware.chip}, not for {facts.chip}", chip=facts.chip, value=firmware.chip
        )
    if firmware.fmc is None:
        raise FirmwareMissing(
            f"the firmware of {facts.chip} lacks the FMC",
            hint="Take a whole set of files of one version.",
            chip=facts.chip,
            firmware_version=firmware.version,
        )
    return firmware.fmc


class _Plan(NamedTuple):
    """What is booted, and how.

    Attributes:
        facts: of the chip.
        abi: of the firmware.
        firmware: for the chip.
        fmc: of that.
        timeouts: of the waits.
        settings: for the resource manager.
        fresh: whether the GPU has just been reset.
    """

    facts: BootFacts
    abi: Abi
    firmware: FirmwareSet
    fmc: Fmc
    timeouts: BootTimeouts
    settings: Mapping[str, int | str | bytes]
    fresh: bool


class _Boot:
    """One attempt: what the steps hand to each other."""

    vram_bytes: int
    radix3: radix3.Radix3
    logs: dict[str, LogBuffer]
    queues: MessageQueues
    rpc: GspRpc
    fmc_image: Blob
    wpr_meta: Blob
    fmc_arguments: Blob
    libos: Blob
    static_info: Struct

    def __init__(
        self,
        bus: Bus,
        registers: RegisterFile,
        plan: _Plan,
        journal: Journal,
    ) -> None:
        self.bus = bus
        self.registers = registers
        self.plan = plan
        self.facts = plan.facts
        self.abi = plan.abi
        self.firmware = plan.firmware
        self.timeouts = plan.timeouts
        self.journal = journal
        self.falcon = GspFalcon(registers)
        self.pool = DmaPool(bus, plan.facts.dma_bits)
        self.logs = {}
        self.memory = ExitStack()  # what lets go of it if the attempt fails
        self.memory.callback(self.pool.close)
        # Whether only a reset makes the GPU fresh: until FSP is ready, and once it may have begun.
        self.needs_reset = True

    def run(self) -> Gsp:
        """All steps.

        Raises:
            BarewireError: a step failed; nothing of this attempt is left.
        """
        try:
            for name, do in STEPS:
                with self.journal.step(name):
                    do(self)
        except BaseException as failed:
            self._abandon(failed)
            raise
        return Gsp(
            self.bus,
            self.registers,
            self.facts,
            version=self.firmware.version,
            vram_bytes=self.vram_bytes,
            pool=self.pool,
            queues=self.queues,
            rpc=self.rpc,
            static_info=self.static_info,
            logs=self.logs,
            journal=self.journal,
        )

    def _abandon(self, failed: BaseException) -> None:
        """Leave nothing behind: no GPU that reaches memory, no memory."""
        if self.logs and isinstance(failed, BarewireError):
            written = ", ".join(f"{log.name} {log.put}" for log in self.logs.values())
            failed.facts.setdefault("words_logged", written)
        try:
            if self.needs_reset:
                recovery.note(failed, recovery.stop(self.bus))
            else:
                self._take_leave()
        finally:
            self.memory.close()

    def _take_leave(self) -> None:
        """Undo what was told to a GPU that runs nothing of ours."""
        if FLUSH_PAGE in self.pool.sizes():
            recovery.forget_flush_page(self.registers, self.facts.flush_page)
        PciFunction(self.bus.config).disable_bus_master()

    # The steps.
    def enable(self) -> None:
        """Let the function answer and reach memory."""
        PciFunction(self.bus.config).enable()

    def wait_for_fsp(self) -> None:
        """FSP boots by itself after a reset."""
        wait_until_ready(self.registers, self.facts.fsp.ready, self.timeouts.fsp_ready_s)
        self.needs_reset = False

    def check_state(self) -> None:
        """No firmware of before may run; no interrupt is wanted before somebody asks for it."""
        recovery.check_no_firmware(self.registers)
        if not self.plan.fresh:
            recovery.check_unused(self.registers, self.facts.flush_page)
        self.registers.write("NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR(0)", 0xFFFFFFFF)
        megabytes = int(self.registers.read("NV_USABLE_FB_SIZE_IN_MB"))
        if not megabytes:
            raise BootError(
                "the GPU reports no video memory",
                hint="Its own boot code has not trained the memory: reset it, or power it off and on.",
                register="NV_USABLE_FB_SIZE_IN_MB",
                value=0,
            )
        self.vram_bytes = megabytes * MIB

    def set_flush_page(self) -> None:
        """Flushes of system memory need a page to write to."""
        iova = self.pool.take(FLUSH_PAGE, PAGE_BYTES).iova
        recovery.write_flush_page(self.registers, self.facts.flush_page, iova)

    def load_firmware(self) -> None:
        """The firmware image in host memory, with its page lists."""
        self.radix3 = radix3.load(self.pool, self.firmware.gsp.image)

    def write_arguments(self) -> None:
        """Logs, queues, and the arguments of every part of the boot."""
        self.logs.update(make_logs(self.pool))
        self.queues = MessageQueues(self.pool.take(QUEUES, MEMORY_BYTES), self.abi, self.falcon.ring)
        self.memory.callback(self.queues.close)
        self.rpc = GspRpc(
            self.queues, self.abi, check_alive=self.falcon.check_running, timeout_s=self.timeouts.call_s
        )
        rm_arguments = self._hold(
            RM_ARGUMENTS,
            arguments.rm_arguments(
                self.abi,
                queues=Blob(self.queues.iova, MEMORY_BYTES),
                page_count=PAGE_COUNT,
                command_offset=COMMAND_OFFSET,
                status_offset=STATUS_OFFSET,
            ).data,
        )
        regions = [(name, Blob(log.iova, log.size_bytes)) for name, log in self.logs.items()]
        regions.append(("RMARGS", Blob(rm_arguments.iova, PAGE_BYTES)))
        self.libos = self._hold(LIBOS_ARGUMENTS, arguments.libos_regions(self.abi, regions))
        self.fmc_image = self._hold(FMC, self.plan.fmc.image)
        self.wpr_meta = self._hold(WPR_META, self._wpr_meta().data)
        self.fmc_arguments = self._hold(
            FMC_ARGUMENTS,
            arguments.fmc_boot_params(self.abi, wpr_meta=self.wpr_meta, libos_iova=self.libos.iova).data,
        )

    def _wpr_meta(self) -> Struct:
        descriptor = self.firmware.bootloader.descriptor
        return arguments.wpr_meta(
            self.abi,
            self.facts,
            radix3=Blob(self.radix3.root_iova, self.radix3.image_bytes),
            bootloader=self._hold(BOOTLOADER, self.firmware.bootloader.image),
            offsets=CodeOffsets(
                code=descriptor.monitor_code_offset,
                data=descriptor.monitor_data_offset,
                manifest=descriptor.manifest_offset,
            ),
            signature=self._hold(SIGNATURE, self.firmware.gsp.signature),
            vram_bytes=self.vram_bytes,
        )

    def _hold(self, name: str, data: bytes | bytearray | memoryview) -> Blob:
        return Blob(self.pool.holding(name, data).iova, len(data))

    def queue_first_commands(self) -> None:
        """What the resource manager reads as soon as it starts: the board's place, and its settings."""
        self.rpc.send(Function.GSP_SET_SYSTEM_INFO, bytes(system_info(self.abi, self.facts, self.bus).data))
        self.rpc.send(Function.SET_REGISTRY, registry.pack(self.abi, self.plan.settings))

    def start_fmc(self) -> None:
        """FSP checks the FMC and starts it."""
        fmc = self.plan.fmc
        evidence = chain_of_trust.Evidence(fmc.hash384, fmc.public_key, fmc.signature)
        message = chain_of_trust.payload(
            self.abi,
            self.facts,
            evidence,
            fmc_iova=self.fmc_image.iova,
            arguments_iova=self.fmc_arguments.iova,
        )
        self.needs_reset = True
        chain_of_trust.start_fmc(
            FspChannel(self.registers),
            message,
            send_timeout_s=self.timeouts.fsp_send_s,
            receive_timeout_s=self.timeouts.fsp_answer_s,
        )

    def wait_for_release(self) -> None:
        """The FMC carves out the protected region, and opens GSP's registers."""
        self.falcon.wait_for_release(self.fmc_arguments.iova, self.timeouts.release_s)

    def wait_for_core(self) -> None:
        """The bootloader runs on the RISC-V core."""
        self.falcon.start_os(self.firmware.bootloader.descriptor.app_version)
        self.falcon.wait_until_active(self.timeouts.active_s)

    def link_queues(self) -> None:
        """The resource manager makes its side of the queues."""
        self.queues.link(self.timeouts.queue_s)
        self.queues.awake = True
        self.falcon.ring()

    def wait_for_rm(self) -> None:
        """The resource manager says that it is up."""
        done = self.rpc.wait_for_event(Event.INIT_DONE, self.timeouts.init_s)
        self.falcon.quiet()
        if done.result != status.OK:
            raise BootError(
                f"the resource manager on GSP failed to start: {status.name_of(done.result)}",
                hint="Its logs tell more.",
                value=done.result,
                expected="0",
            )

    def ask_for_facts(self) -> None:
        """What the resource manager knows of the GPU and of its own memory."""
        layout = self.abi.struct("GspStaticConfigInfo")
        reply = self.rpc.call(
            Function.GET_GSP_STATIC_INFO, bytes(layout.size_bytes), reply_bytes=layout.size_bytes
        )
        self.static_info = layout.over(reply[: layout.size_bytes])

    def give_images_back(self) -> None:
        """GSP runs from its own copies."""
        radix3.give_back(self.pool)
        self.pool.give_back(*_COPIED)


STEPS: tuple[tuple[str, Callable[[_Boot], None]], ...] = (
    ("enable the PCI function", _Boot.enable),
    ("wait for FSP", _Boot.wait_for_fsp),
    ("check what runs", _Boot.check_state),
    ("set the sysmem flush page", _Boot.set_flush_page),
    ("load the firmware image", _Boot.load_firmware),
    ("write the arguments", _Boot.write_arguments),
    ("queue the first commands", _Boot.queue_first_commands),
    ("start the FMC by FSP", _Boot.start_fmc),
    ("wait for GSP's release", _Boot.wait_for_release),
    ("wait for the RISC-V core", _Boot.wait_for_core),
    ("link the message queues", _Boot.link_queues),
    ("wait for the resource manager", _Boot.wait_for_rm),
    ("ask for static information", _Boot.ask_for_facts),
    ("give the images' memory back", _Boot.give_images_back),
)
