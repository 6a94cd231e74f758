"""GSP's own registers: mailboxes, lockdown, whether its RISC-V core runs, its interrupt.

Until the firmware opens them they read as codes of the register network; see `fsp.patience`.

Facts: OGKM:kernel_gsp_gh100.c (_kgspLockdownReleasedOrFmcError, kgspBootstrapRiscvOSEarly_GH100);
nouveau:nvkm/subdev/gsp/gh100.c, nvkm/subdev/gsp/ga102.c.
"""

from __future__ import annotations

from barewire.errors import BootError, PollTimeout, RpcError
from barewire.fsp.patience import is_refused, read_patiently
from barewire.poll import poll
from barewire.regs.registers import Reading, RegisterFile

RELEASE_TIMEOUT_S = 30.0
ACTIVE_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 5.0

_SWGEN0 = 1 << 6  # the interrupt by which the firmware says that it has written something


class GspFalcon:
    """GSP as the CPU sees it.

    Args:
        registers: of the GPU.
    """

    def __init__(self, registers: RegisterFile) -> None:
        self._registers = registers

    def ring(self) -> None:
        """Tell the firmware that its command queue has something."""
        self._registers.write("NV_PGSP_QUEUE_HEAD(0)", 0)

    def mailboxes(self) -> tuple[Reading, Reading]:
        """Both mailbox words, or codes."""
        return (
            read_patiently(self._registers, "NV_PGSP_FALCON_MAILBOX0"),
            read_patiently(self._registers, "NV_PGSP_FALCON_MAILBOX1"),
        )

    def wait_for_release(self, arguments_iova: int, timeout_s: float = RELEASE_TIMEOUT_S) -> None:
        """Wait until the FMC has done its work and opened GSP's registers.

        FSP puts the address of the FMC's arguments into the mailboxes; the FMC takes it away when it is
        done, or puts a code of its own there.

        Raises:
            BootError: the FMC failed; `value` is its code.
            PollTimeout: it never finished.
            DeviceLost: the GPU does not answer.
        """
        try:
            poll(
                lambda: self._look_at_lockdown(arguments_iova),
                self._is_released,
                timeout_s=timeout_s,
                why="GSP's registers stay locked: its first code (the FMC) has not finished",
                hint="It hangs on the firmware images, or on memory that it cannot reach. Reset the GPU.",
                expected="riscv_br_priv_lockdown = 0 and mailboxes of 0",
            )
        except PollTimeout as late:
            low, high = self.mailboxes()
            late.facts["mailboxes"] = f"{int(low):#010x} {int(high):#010x}"
            raise

    def _look_at_lockdown(self, arguments_iova: int) -> Reading:
        """HWCFG2, after a look whether the mailbox has an error."""
        hwcfg2 = read_patiently(self._registers, "NV_PGSP_FALCON_HWCFG2")
        if not int(hwcfg2) or is_refused(hwcfg2):
            return hwcfg2
        low, _ = self.mailboxes()
        ours = (0, arguments_iova & 0xFFFFFFFF)
        if int(low) not in ours and not is_refused(low):
            raise BootError(
                "GSP's first code (the FMC) reports an error",
                hint="The firmware files do not fit this chip or each other, or the FMC met memory that it "
                "cannot reach. Reset the GPU.",
                register=low.label,
                offset=low.offset,
                value=int(low),
                expected="0",
            )
        return hwcfg2

    def _is_released(self, hwcfg2: Reading) -> bool:
        if not int(hwcfg2) or is_refused(hwcfg2) or hwcfg2.riscv_br_priv_lockdown:
            return False
        return all(int(mailbox) == 0 for mailbox in self.mailboxes())

    def start_os(self, version: int) -> None:
        """Tell the firmware which bootloader it was started by."""
        self._registers.write("NV_PGSP_FALCON_OS", version)

    def core(self) -> Reading:
        """The RISC-V core's state, or a code."""
        return read_patiently(self._registers, "NV_PGSP_RISCV_CPUCTL")

    def wait_until_active(self, timeout_s: float = ACTIVE_TIMEOUT_S) -> None:
        """Wait until the RISC-V core runs.

        Raises:
            PollTimeout: it does not.
        """
        poll(
            self.core,
            _is_active,
            timeout_s=timeout_s,
            why="GSP's RISC-V core does not run",
            hint="The FMC ended without starting the bootloader. Reset the GPU.",
            expected="active_stat = 1",
        )

    def wait_until_stopped(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Wait until the RISC-V core has stopped.

        Raises:
            PollTimeout: it has not.
        """
        poll(
            self.core,
            _has_stopped,
            timeout_s=timeout_s,
            why="GSP's RISC-V core still runs",
            expected="active_stat = 0 or halted = 1",
        )

    def check_running(self) -> None:
        """See whether the firmware still runs.

        Raises:
            RpcError: its core has stopped.
            DeviceLost: the GPU does not answer.
        """
        core = self.core()
        if _has_stopped(core):
            raise RpcError(
                "GSP's firmware has stopped",
                hint="Its resource manager crashed. Close the device and open it again: that resets the GPU.",
                register=core.label,
                offset=core.offset,
                value=int(core),
                expected="active_stat = 1",
            )

    def quiet(self) -> None:
        """Forget an interrupt of before."""
        self._registers.write("NV_PGSP_FALCON_IRQSCLR", _SWGEN0)

    def take_interrupt(self) -> bool:
        """Acknowledge the firmware's interrupt, so that it can come again; False if it had not come."""
        if not int(self._registers.read("NV_PGSP_FALCON_IRQSTAT")) & _SWGEN0:
            return False
        self._registers.write("NV_PGSP_FALCON_IRQSCLR", _SWGEN0)
        self._registers.write("NV_PGSP_FALCON_INTR_RETRIGGER(0)", 1)
        return True


def _is_active(core: Reading) -> bool:
    return not is_refused(core) and bool(core.active_stat) and not core.halted


def _has_stopped(core: Reading) -> bool:
    return not is_refused(core) and not _is_active(core)
