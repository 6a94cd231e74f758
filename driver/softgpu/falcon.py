"""GSP's falcon and RISC-V registers: mailboxes, lockdown, interrupt, doorbell.

The bootstrap keeps the CPU out in two steps. While the privilege mask is locked, every read of the unit
gives a PRI error and every write is lost. Then the registers answer, with RISCV_BR_PRIV_LOCKDOWN still set
and the mailboxes as FSP left them. The mailboxes go to zero before that bit does.

Facts: OGKM:swref/published/ampere/ga102/dev_falcon_v4.h,
OGKM:kernel_gsp_gh100.c, OGKM:kern_fsp_gh100.c, nouveau:nvkm/subdev/gsp/gh100.c.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from barewire.softgpu.engines import GSP_STALL_VECTOR
from barewire.softgpu.registers import LOCKED
from barewire.softgpu.unit import NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

FIRST, LAST = 0x110000, 0x111FFF
LOCKED_BY_MASK = LOCKED | 0x4E  # the low byte tells more of the error, and is not always zero

LONGEST_LOOK_S = 0.05  # a host that has not read HWCFG2 after this long looks at the mailboxes alone

SWGEN0 = 1 << 6
HALT = 1 << 4
RISCV_INTERRUPTS = SWGEN0 | HALT

BCR_VALID = 1 << 0  # the boot ROM has taken what was configured; it does so at once here

# Registers that keep what is written, by name, with what they are after a reset.
PLAIN = {
    "NV_PGSP_FALCON_OS": 0,
    "NV_PGSP_FALCON_RM": 0,
    "NV_PGSP_FALCON_MAILBOX0": 0,
    "NV_PGSP_FALCON_MAILBOX1": 0,
    "NV_PGSP_FALCON_BOOTVEC": 0,
    "NV_PGSP_FALCON_DEBUGINFO": 0,
    "NV_PGSP_FALCON_IRQDEST": 0,
    "NV_PGSP_FALCON_ENGINE": 0,
    "NV_PGSP_RISCV_BCR_CTRL": BCR_VALID | 0x110,
    "NV_PGSP_RISCV_BCR_DMACFG": 0,
    "NV_PGSP_RISCV_IRQDEST": 0,
}


class Falcon(Unit):
    """The registers of the GSP.

    Attributes:
        mask_locked: the CPU is kept out by the privilege mask.
        lockdown: RISCV_BR_PRIV_LOCKDOWN.
        active: the RISC-V core runs.
        halted: it ran, and stopped.
        pending: IRQSTAT.
        riscv_mask: RISCV_IRQMASK: which of them reach the CPU.
    """

    ranges = ((FIRST, LAST),)

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self._hwcfg2 = gpu.table.register("NV_PGSP_FALCON_HWCFG2")
        self._cpuctl = gpu.table.register("NV_PGSP_RISCV_CPUCTL")
        self._mailboxes = (gpu.offset("NV_PGSP_FALCON_MAILBOX0"), gpu.offset("NV_PGSP_FALCON_MAILBOX1"))
        self._engine = gpu.offset("NV_PGSP_FALCON_ENGINE")
        self._boot_control = gpu.offset("NV_PGSP_RISCV_BCR_CTRL")
        doorbells = [gpu.offset("NV_PGSP_QUEUE_HEAD", index) for index in range(8)]
        retriggers = [gpu.offset("NV_PGSP_FALCON_INTR_RETRIGGER", index) for index in range(2)]
        spare = [gpu.offset("NV_PGSP_MAILBOX", index) for index in range(4)]
        plain = {gpu.offset(name): word for name, word in PLAIN.items()}
        # By offset: what a read gives, either a word as it is kept or what is asked for; what a write does.
        self._after_reset = {**dict.fromkeys((*doorbells, *retriggers, *spare), 0), **plain}
        self._reads: dict[int, Callable[[], int]] = {
            gpu.offset("NV_PGSP_FALCON_IRQSTAT"): lambda: self.pending,
            gpu.offset("NV_PGSP_FALCON_IRQMASK"): lambda: self._falcon_mask,
            gpu.offset("NV_PGSP_FALCON_HWCFG2"): self._hardware_configuration,
            gpu.offset("NV_PGSP_RISCV_IRQMASK"): lambda: self.riscv_mask,
            gpu.offset("NV_PGSP_FALCON_DMACTL"): lambda: 0,
            gpu.offset("NV_PGSP_FALCON_CPUCTL"): lambda: HALT,
            gpu.offset("NV_PGSP_RISCV_CPUCTL"): self._cpu_control,
        }
        self._writes: dict[int, Callable[[int], None]] = {
            gpu.offset("NV_PGSP_FALCON_IRQSCLR"): self._clear_interrupts,
            gpu.offset("NV_PGSP_FALCON_IRQMSET"): self._set_mask,
            gpu.offset("NV_PGSP_FALCON_IRQMCLR"): self._clear_mask,
            self._engine: self._reset_engine,
            self._boot_control: self._configure_boot,
            **dict.fromkeys(retriggers, self._retrigger),
            **{offset: partial(self._ring, index, offset) for index, offset in enumerate(doorbells)},
        }
        self._kept = frozenset((*plain, *spare)) - self._writes.keys()
        self.reset()

    def reset(self) -> None:
        self.mask_locked = False
        self.lockdown = False
        self.active = False
        self.halted = False
        self.pending = 0
        self.riscv_mask = 0
        self._falcon_mask = 0
        self._words = dict(self._after_reset)
        self._after_look: Callable[[], None] | None = None

    # What the bootstrap and GSP-RM do with it.

    def lock(self, parameters: int) -> None:
        """The bootstrap begins: nobody else gets in; the mailboxes hold the address of its parameters."""
        self.reset()
        self.mask_locked = True
        self.lockdown = True
        self.set_mailboxes(parameters)

    def open_mask(self) -> None:
        """Let the CPU read the registers; the lockdown goes on."""
        self.mask_locked = False

    def set_mailboxes(self, value: int) -> None:
        """Write MAILBOX0 and MAILBOX1, low word first."""
        low, high = self._mailboxes
        self._words[low], self._words[high] = value & 0xFFFFFFFF, value >> 32

    def after_look(self, task: Callable[[], None]) -> None:
        """Do something when the host is not between two reads that belong together.

        A host that waits for the bootstrap looks at the mailboxes and HWCFG2, one after the other. Every open
        driver reads HWCFG2 either first or last.
        """
        self._after_look = task
        self.gpu.work.after(LONGEST_LOOK_S, self._look_is_over)

    def _look_is_over(self) -> None:
        task, self._after_look = self._after_look, None
        if task is not None:
            task()

    def release(self, *, running: bool) -> None:
        """The bootstrap is done: the core runs, then the lockdown ends."""
        self.active = running
        self.riscv_mask = RISCV_INTERRUPTS if running else 0
        self.lockdown = False

    def halt(self) -> None:
        """The core stops."""
        self.active = False
        self.halted = True

    def raise_swgen0(self) -> None:
        """Tell the CPU that the status queue has something new."""
        before = self._asserted
        self.pending |= SWGEN0
        if not before and self._asserted:
            self._interrupt()

    @property
    def _asserted(self) -> bool:
        return bool(self.pending & self.riscv_mask)

    def _interrupt(self) -> None:
        if self.gpu.interrupts is not None:
            self.gpu.interrupts.trigger(GSP_STALL_VECTOR)

    # Accesses.

    def read(self, offset: int) -> int:
        if self.mask_locked or not self.gpu.fsp.ready:
            return LOCKED_BY_MASK
        word = self._words.get(offset)
        if word is not None:
            return word
        read = self._reads.get(offset)
        if read is None:
            raise NoRegister
        return read()

    def write(self, offset: int, value: int) -> None:
        if self.mask_locked or not self.gpu.fsp.ready:
            text = "a GSP register was written while the bootstrap keeps the CPU out: lost"
            self.gpu.report("locked register", text, offset=offset, value=value)
        elif offset in self._kept:
            self._words[offset] = value
        elif offset in self._writes:
            self._writes[offset](value)
        elif offset in self._reads:
            self.gpu.report("read-only register", "a write of a register that cannot be written",
                            offset=offset, value=value)  # fmt: skip
        else:
            raise NoRegister

    def _ring(self, index: int, offset: int, value: int) -> None:
        self._words[offset] = value
        self.gpu.firmware.doorbell(index)

    def _retrigger(self, value: int) -> None:
        if value & 1 and self._asserted:
            self._interrupt()

    def _hardware_configuration(self) -> int:
        word = self._hwcfg2.encode(
            riscv="ENABLE",
            riscv_br_priv_lockdown="LOCK" if self.lockdown else "UNLOCK",
            mem_scrubbing="DONE",
        )
        self._look_is_over()
        return word

    def _cpu_control(self) -> int:
        # NVIDIA's header gives HALTED as 1 after a reset.
        halted = self.halted or not self.active
        return self._cpuctl.encode(active_stat=int(self.active), halted=int(halted))

    def _clear_interrupts(self, value: int) -> None:
        self.pending &= ~value

    def _set_mask(self, value: int) -> None:
        self._falcon_mask |= value

    def _clear_mask(self, value: int) -> None:
        self._falcon_mask &= ~value

    def _configure_boot(self, value: int) -> None:
        self._words[self._boot_control] = value | BCR_VALID

    def _reset_engine(self, value: int) -> None:
        if self.active or self.lockdown or self.gpu.firmware.holds_memory:
            text = "ENGINE_RESET is not the CPU's while GSP boots or runs: lost"
            self.gpu.report("reset of a running GSP", text, value=value)
        elif value & 1:
            self.reset()
        else:
            self._words[self._engine] = 0
