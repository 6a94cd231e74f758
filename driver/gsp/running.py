"""A GSP whose resource manager runs: what the boot hands to those that use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from barewire.abi.layout import Struct
from barewire.chip.boot import BootFacts
from barewire.errors import BarewireError
from barewire.gsp import recovery
from barewire.gsp.dma import DmaPool
from barewire.gsp.falcon import STOP_TIMEOUT_S, GspFalcon
from barewire.gsp.functions import Function
from barewire.gsp.log import LogBuffer
from barewire.gsp.queue import MessageQueues
from barewire.gsp.rpc import GspRpc
from barewire.gsp.steps import Journal, StepTime
from barewire.regs.registers import RegisterFile

if TYPE_CHECKING:
    from barewire.transport.bus import Bus


class Gsp:
    """GSP, up and running.

    Attributes:
        facts: of the chip's boot.
        version: of the firmware.
        rpc: calls to it.
        vram_bytes: video memory of the board, firmware's part included.
        static_info: what the resource manager said of itself (GspStaticConfigInfo).
        logs: the firmware's logs by name.
        running: False once it has been unloaded or given up.
        closing_error: why it had to be ended by a reset; None if it ended by itself.
    """

    def __init__(
        self,
        bus: Bus,
        registers: RegisterFile,
        facts: BootFacts,
        *,
        version: str,
        vram_bytes: int,
        pool: DmaPool,
        queues: MessageQueues,
        rpc: GspRpc,
        static_info: Struct,
        logs: Mapping[str, LogBuffer],
        journal: Journal,
    ) -> None:
        self.facts = facts
        self.version = version
        self.vram_bytes = vram_bytes
        self.rpc = rpc
        self.static_info = static_info
        self.logs = logs
        self.running = True
        self.closing_error: BarewireError | None = None
        self._bus = bus
        self._registers = registers
        self._falcon = GspFalcon(registers)
        self._pool = pool
        self._queues = queues
        self._journal = journal
        self._closed = False

    @property
    def steps(self) -> tuple[StepTime, ...]:
        """What was done to bring it up, and how long each step took."""
        return tuple(self._journal.steps)

    @property
    def host_memory(self) -> dict[str, int]:
        """Host memory that it holds: bytes by name."""
        return self._pool.sizes()

    def check_running(self) -> None:
        """See whether the firmware still runs.

        Raises:
            RpcError: it has stopped.
            DeviceLost: the GPU does not answer.
        """
        self._falcon.check_running()

    def take_interrupt(self) -> bool:
        """Acknowledge the firmware's interrupt; False if it had not come. Then `rpc.drain` what is there."""
        return self._falcon.take_interrupt()

    def unload(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask the resource manager to end, and wait until its core has stopped.

        Raises:
            RpcTimeout, RpcError: it did not answer.
            PollTimeout: it answered, but did not stop.
            DeviceLost: the GPU does not answer.
        """
        if not self.running:
            return
        with self._journal.step("unload the resource manager"):
            request = self.rpc.abi.new("rpc_unloading_guest_driver_v1F_07")
            self.rpc.call(Function.UNLOADING_GUEST_DRIVER, bytes(request.data), timeout_s=timeout_s)
            self._falcon.wait_until_stopped(timeout_s)
            recovery.forget_flush_page(self._registers, self.facts.flush_page)
        self.running = False

    def close(self) -> None:
        """End it, by a reset if need be, and give its memory back; a second time is nothing.

        In a child of the process that booted it, it is nothing too: GSP is the parent's.
        """
        if self._closed or self.rpc.is_forked:
            return
        self._closed = True
        try:
            self.unload()
        except BaseException as error:
            # Whatever interrupts it: the firmware may write to its memory until the GPU is reset.
            not_reset = recovery.stop(self._bus)
            if not isinstance(error, BarewireError):
                raise
            recovery.note(error, not_reset)
            self.closing_error = error
        finally:
            self.running = False
            self.rpc.close()
            self._queues.close()
            for log in self.logs.values():
                log.close()
            self._pool.close()
