"""The GSP's firmware from power-on to its end: bootstrap, GSP-RM, unload, and what goes wrong with it.

The write-protected region (WPR2) is up from a good bootstrap to an unload; a host that dies leaves it up,
and only a reset takes it down.

Facts: OGKM:kernel_gsp_gh100.c, nouveau:nvkm/subdev/gsp/gh100.c,
Linux:drivers/gpu/nova-core/fb.rs (the bounds of WPR2: address >> 12 in bits 31:4, the upper one exclusive).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from barewire.softgpu.gsp import libos
from barewire.softgpu.gsp.acr import Authenticated, Bootstrap, Frts, Refused, WprLayout
from barewire.softgpu.gsp.log import LibosLog
from barewire.softgpu.gsp.mishaps import Action, Mishaps
from barewire.softgpu.gsp.server import (
    EVENT_GSP_INIT_DONE,
    EVENT_UCODE_LIBOS_PRINT,
    RpcServer,
)
from barewire.softgpu.unit import NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

# How long each step of the bootstrap takes: enough that a poll sees them all.
MASKED_S = 0.004
AUTHENTICATION_S = 0.002
START_S = 0.001
# From cleared mailboxes to the end of the lockdown: longer than a host takes to read one register after the
# other, since one that sees the lockdown end expects to have seen the mailboxes clear.
RELEASE_S = 0.004
UNLOAD_S = 0.001
SUSPENDED = 0x80000000  # MAILBOX0 once LibOS has suspended
WPR_ADDRESS_SHIFT = 8  # bits 39:12 of an address in bits 31:4
INIT_DONE_BYTES = 4  # rpc_init_done_v17_00: one word that is not used


class State(Enum):
    """What GSP is at."""

    IDLE = "idle"
    BOOTING = "booting"
    RUNNING = "running"
    REFUSED = "refused"  # the bootstrap found something wrong
    HUNG = "hung"  # the core runs, and GSP-RM does not go on
    CRASHED = "crashed"


WHY_NOT = {
    State.BOOTING: "GSP is booting already",
    State.RUNNING: "GSP runs already",
    State.REFUSED: "the last bootstrap failed: only a reset helps",
    State.HUNG: "GSP hangs: only a reset helps",
    State.CRASHED: "GSP crashed: only a reset helps",
}


class GspFirmware(Unit):
    """The firmware of GSP, and the registers of the region that it protects.

    Attributes:
        mishaps: what shall go wrong.
        state: what GSP is at.
        layout: of the top of video memory, once the bootstrap is done.
        booted: what the bootstrap found, once it is done.
        logs: LibOS's log buffers by name, while GSP-RM runs.
        server: GSP-RM's RPC server, while it runs.
        trouble: why it hangs, crashed or was refused; empty if nothing is wrong.
    """

    ranges = ((0x1FA824, 0x1FA82B),)

    def __init__(self, gpu: SoftGpu) -> None:
        super().__init__(gpu)
        self.mishaps = Mishaps()
        self._low = gpu.offset("NV_PFB_PRI_MMU_WPR2_ADDR_LO")
        self._high = gpu.offset("NV_PFB_PRI_MMU_WPR2_ADDR_HI")
        self.server: RpcServer | None = None
        self._clear()

    def _clear(self) -> None:
        if self.server is not None:
            self.server.stop()
        self.state = State.IDLE
        self.layout: WprLayout | None = None
        self.booted: Authenticated | None = None
        self.logs: dict[str, LibosLog] = {}
        self.server = None
        self.trouble = ""

    def reset(self) -> None:
        self._clear()

    # The protected region.

    @property
    def holds_memory(self) -> bool:
        """Whether WPR2 is up."""
        return self.layout is not None

    def read(self, offset: int) -> int:
        if offset not in (self._low, self._high):
            raise NoRegister
        if self.layout is None:
            return 0
        bound = self.layout.wpr2_start if offset == self._low else self.layout.wpr2_end
        return bound >> WPR_ADDRESS_SHIFT

    def write(self, offset: int, value: int) -> None:
        if offset not in (self._low, self._high):
            raise NoRegister
        self.gpu.report(
            "read-only register", "the bounds of WPR2 are not the CPU's", offset=offset, value=value
        )

    # The bootstrap.

    @property
    def may_launch(self) -> bool:
        """Whether FSP may start GSP."""
        return self.state is State.IDLE

    @property
    def why_not(self) -> str:
        """Why FSP may not."""
        return WHY_NOT.get(self.state, "")

    def launch(self, boot_params: int, frts: Frts) -> None:
        """FSP starts the bootstrap.

        Args:
            boot_params: bus address of GSP_FMC_BOOT_PARAMS.
            frts: what FSP was told of its region.
        """
        self.state = State.BOOTING
        self.gpu.falcon.lock(boot_params)
        if self.mishaps.take_for_boot(Action.NEVER_RELEASE) is None:
            self.gpu.work.after(MASKED_S, lambda: self._let_look(boot_params, frts))

    def _let_look(self, boot_params: int, frts: Frts) -> None:
        self.gpu.falcon.open_mask()
        self.gpu.work.after(AUTHENTICATION_S, lambda: self._bootstrap(boot_params, frts))

    def _bootstrap(self, boot_params: int, frts: Frts) -> None:
        mishap = self.mishaps.take_for_boot(Action.FMC_ERROR)
        try:
            if mishap is not None:
                raise Refused(mishap.status, "a failure of the bootstrap that was asked for")
            found = Bootstrap(self.gpu.host, self.gpu.vram.size_bytes, frts).authenticate(boot_params)
        except Refused as refused:
            self._fail(State.REFUSED, refused.text)
            code = refused.code
            self.gpu.falcon.after_look(lambda: self.gpu.falcon.set_mailboxes(code))
            return
        self.booted, self.layout = found, found.layout
        self.gpu.vram.protect(found.layout.wpr2_start, found.layout.wpr2_end)
        self.gpu.falcon.after_look(self._clear_mailboxes)

    def _clear_mailboxes(self) -> None:
        self.gpu.falcon.set_mailboxes(0)
        self.gpu.work.after(RELEASE_S, self._release)

    def _release(self) -> None:
        inactive = self.mishaps.take_for_boot(Action.RISCV_INACTIVE) is not None
        self.gpu.falcon.release(running=not inactive)
        if inactive:
            self._fail(State.HUNG, "the core was not started")
        else:
            self.gpu.work.after(START_S, self._start_rm)

    def _fail(self, state: State, text: str) -> None:
        self.state = state
        self.trouble = text
        self.gpu.report(f"GSP {state.value}", text)

    # GSP-RM.

    def _start_rm(self) -> None:
        if self.booted is None:
            return
        try:
            started = libos.start(self.gpu.host, self.booted.params.args_offset)
        except libos.BadStart as bad:
            self._fail(State.HUNG, str(bad))
            return
        self.logs = started.logs
        self.server = RpcServer(self.gpu, self, started.command, started.status)
        self.state = State.RUNNING
        self.log("GSP-RM of the software GPU starts", "LOGINIT")
        self.server.doorbell()

    def commands_received(self) -> None:
        """System information and registry are here: GSP-RM comes up."""
        if self.gpu.resman is not None:
            self.gpu.resman.boot()
        if self.mishaps.take_for_boot(Action.NEVER_INIT_DONE) is not None:
            self.hang("initialisation never ends, as was asked for")
            return
        if self.mishaps.take_for_boot(Action.BOOT_CHATTER) is not None:
            self.post_event(EVENT_UCODE_LIBOS_PRINT, bytes(4) + (8).to_bytes(4, "little") + b"chatter\0")
        self.log("GSP-RM is up")
        self.post_event(EVENT_GSP_INIT_DONE, bytes(INIT_DONE_BYTES))

    def doorbell(self, index: int) -> None:
        """The host wrote QUEUE_HEAD; nobody listens before GSP-RM runs."""
        if index == 0 and self.server is not None:
            self.server.doorbell()

    def post_event(self, function: int, payload: bytes) -> bool:
        """Send an event to the host.

        Returns:
            Whether it was sent: a GSP that does not run sends none.
        """
        if self.server is None or self.state is not State.RUNNING:
            return False
        server = self.server
        mishap = self.mishaps.take_for_call(function, None)
        if mishap is not None and mishap.action is Action.DELAY:
            self.gpu.work.after(mishap.seconds, lambda: server.send(function, payload))
        elif mishap is None or mishap.action is not Action.DROP:
            server.send(function, payload, mishap=mishap)
        return True

    def log(self, text: str, name: str = "LOGRM") -> None:
        """Write a line to one of LibOS's logs."""
        if name in self.logs:
            self.logs[name].line(text, self.gpu.clock.now_ns())

    # Its end.

    def hang(self, text: str) -> None:
        """GSP-RM goes on with nothing, while the core runs."""
        self.log(text)
        self._fail(State.HUNG, text)
        if self.server is not None:
            self.server.stop()

    def crash(self) -> None:
        """The core halts."""
        self.log("GSP halts, as was asked for")
        self._fail(State.CRASHED, "GSP halted")
        if self.server is not None:
            self.server.stop()
        self.gpu.falcon.halt()

    def unload(self) -> None:
        """The reply to UNLOADING_GUEST_DRIVER is out: suspend, and give the memory back."""
        if self.server is not None:
            self.server.stop()
        self.gpu.work.after(UNLOAD_S, self._suspend)

    def _suspend(self) -> None:
        self.log("GSP-RM is down")
        if self.gpu.resman is not None:
            self.gpu.resman.reset()
        self.gpu.falcon.set_mailboxes(SUSPENDED)
        self.gpu.falcon.halt()
        self.gpu.vram.unprotect()
        self._clear()
