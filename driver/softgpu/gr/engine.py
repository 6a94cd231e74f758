"""GR as one channel sees it: methods of its classes, which launch grids, write semaphores and wait.

Compute and inline-to-memory methods take effect, or are kept where nothing that the model has depends on
them.
Methods of 3D and 2D are dropped: nouveau makes such objects and sends them nothing.

Facts: open-gpu-doc:classes/compute/clcbc0.h; OGKM:src/common/sdk/nvidia/inc/class/{clcbc0,clcb97,cla140,
cl902d}.h (class numbers); golden/h100-580. The model's own choice: a report that flushes waits for the grids
before it, one that does not flush waits for nothing; invalidations wait, save those whose name says no; a
subchannel without an object takes compute methods; macros are not executed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from barewire.regs import classes
from barewire.softgpu.channel import Channel, Stop
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.gr import exceptions, qmd, releases, sked
from barewire.softgpu.gr.inline import InlineCopy, write
from barewire.softgpu.methods import addresses, bits, describe

if TYPE_CHECKING:
    from barewire.softgpu.engines import Engine
    from barewire.softgpu.fifo import Fifo
    from barewire.softgpu.gr.context import Context

COMPUTE, THREED, INLINE_TO_MEMORY, TWOD = 0xCBC0, 0xCB97, 0xA140, 0x902D
CLASSES = (COMPUTE, THREED, INLINE_TO_MEMORY, TWOD)
_DROPPED = (THREED, TWOD)
_SUBCHANNELS = 8
_METHODS = 0x1000

_AT = addresses(COMPUTE)
_REPORT = bits(COMPUTE, "REPORT_SEMAPHORE_EXECUTE")
_OLD_REPORT = bits(COMPUTE, "SET_REPORT_SEMAPHORE_D")
_CACHES = bits(COMPUTE, "INVALIDATE_SHADER_CACHES")
_RELEASE, _ACQUIRE, _REPORT_ONLY, _TRAP = range(4)
_FALSE, _TRUE, _IF_NOT_ZERO, _IF_EQUAL, _IF_NOT_EQUAL = range(5)
_ALWAYS_RENDER, _NEVER_RENDER = 1, 2
_WRITE_THEN_AWAKEN = 1
_HIGH_BITS = (1 << 25) - 1
_WINDOW_HIGH_BITS = (1 << 17) - 1
_QMD_HIGH_BITS = (1 << 9) - 1
_INLINE_WORDS = qmd.QMD_BYTES // 4

Action = Callable[[int], bool]


def _known(class_id: int) -> bytearray:
    """Which methods a class has, by address; arrays without a length reach to the next method."""
    found = bytearray(_METHODS)
    table = classes.load(class_id)
    for address in range(_METHODS):
        found[address] = bool(table.at(address * 4))
    return found


_KNOWN = {COMPUTE: _known(COMPUTE), INLINE_TO_MEMORY: _known(INLINE_TO_MEMORY)}


class GraphicsEngine:
    """One channel's view of GR.

    Args:
        fifo: which hears of releases and interrupts.
        channel: whose methods come.
        engine: the engine.
    """

    class_ids: tuple[int, ...] = CLASSES
    is_copy = False

    def __init__(self, fifo: Fifo, channel: Channel, engine: Engine) -> None:
        self._fifo = fifo
        self._gpu = fifo.gpu
        self._channel = channel
        self.name = engine.name
        self._made: Context | None = None
        self._classes: list[int | None] = [None] * _SUBCHANNELS
        self._state = [0] * _METHODS
        self._state[_AT["SET_RENDER_ENABLE_C"]] = _TRUE
        self._copy: InlineCopy | None = None
        self._inline_qmd: dict[int, int] = {}
        self._actions: dict[int, Action] = {_AT[name]: act for name, act in self._named_actions().items()}
        for index in range(_INLINE_WORDS):
            self._actions[_AT["LOAD_INLINE_QMD_DATA"] + index] = self._inline_qmd_action(index)

    def _named_actions(self) -> dict[str, Action]:
        return {
            "NOTIFY": self._notify,
            "WAIT_FOR_IDLE": lambda data: self._when_idle(_nothing),
            "PM_TRIGGER_WFI": lambda data: self._when_idle(_nothing),
            "LAUNCH_DMA": self._launch_inline,
            "LOAD_INLINE_DATA": self._load_inline,
            "INVALIDATE_SHADER_CACHES": lambda data: self._when_idle(lambda: self._forget_code(data)),
            "INVALIDATE_SHADER_CACHES_NO_WFI": self._invalidate_shader_caches_at_once,
            "INVALIDATE_SKED_CACHES": self._invalidate_sked_caches,
            "SET_CWD_REF_COUNTER": self._set_reference_counter,
            "SEND_PCAS_B": self._pcas_of_queue,
            "SEND_SIGNALING_PCAS_B": self._signaling_pcas,
            "SEND_SIGNALING_PCAS2_B": self._pcas,
            "REPORT_SEMAPHORE_EXECUTE": self._report,
            "SET_REPORT_SEMAPHORE_D": self._old_report,
            "CALL_MME_MACRO": self._macro,
        }

    # What Host asks.

    @property
    def working(self) -> bool:
        """Whether grids of the channel run or wait to run."""
        return self._made is not None and not self._made.idle

    @property
    def busy(self) -> bool:
        """Whether there are grids that nobody waited for."""
        return self.working

    @busy.setter
    def busy(self, value: bool) -> None:
        """The grids say it themselves."""

    def bind(self, subchannel: int, class_id: int) -> None:
        """Methods of a subchannel are those of this class from now on."""
        self._classes[subchannel % _SUBCHANNELS] = class_id

    def method(self, address: int, data: int) -> bool:
        """Take a method; whether the channel has to stop after it.

        Raises:
            ChannelError: the class has no such method, or refuses what it says; or the channel's context
                cannot be loaded.
        """
        class_id = self._classes[self._channel.subchannel]
        if class_id in _DROPPED:
            self._report_dropped(class_id)
            return False
        if self._made is None:
            self._made = self._load_context(class_id)
        class_id = class_id or COMPUTE
        if not _KNOWN[class_id][address]:
            raise exceptions.bad_method(describe(class_id, address), class_id, address, data)
        self._state[address] = data
        action = self._actions.get(address)
        if action is None:
            return False
        try:
            return action(data)
        except Refused as refused:
            raise self._refused(refused) from None

    def settle(self) -> None:
        """Host has waited until nothing is `working`; everything is seen."""

    def flushed(self) -> None:
        """A memory barrier was passed: what grids write is seen at once here."""

    def _report_dropped(self, class_id: int | None) -> None:
        self._gpu.report(
            "graphics", "a method for graphics was dropped", token=self._channel.token, class_id=class_id
        )

    def _load_context(self, class_id: int | None) -> Context:
        """Switch to the channel's context, at its first method.

        Raises:
            ChannelError: its buffers are not there.
        """
        if class_id is None:
            self._gpu.report(
                "unbound subchannel",
                "a method came on a subchannel of GR that no object was set on",
                token=self._channel.token,
            )
        owner = self._channel.setup.owner
        buffers = getattr(owner, "context", None)
        if buffers is not None:
            missing = buffers.missing(self._gpu.resman, owner)
            if missing is not None:
                raise exceptions.switch_error(missing)
        return self._gpu.graphics.context(self._channel)

    @property
    def _context(self) -> Context:
        if self._made is None:
            self._made = self._load_context(COMPUTE)
        return self._made

    def _refused(self, refused: Refused) -> exceptions.ChannelError:
        """The error of an access of the front end."""
        return exceptions.hub_fault(self._channel, exceptions.HUB_FE, refused)

    # State.

    def _get(self, name: str) -> int:
        return self._state[_AT[name]]

    def _address(self, upper: str, lower: str, high_bits: int = _HIGH_BITS) -> int:
        return (self._get(upper) & high_bits) << 32 | self._get(lower)

    def _when_idle(self, then: Callable[[], None]) -> bool:
        """Do something once the channel's grids have ended; whether the channel has to stop for that.

        Raises:
            Refused: what is done reaches no memory.
        """
        context = self._context

        def go_on(until_ns: int) -> Stop | None:
            if not context.idle:
                return Stop.ENGINE
            if self._gpu.sanitizer is not None:
                self._gpu.sanitizer.idle(self._channel)
            try:
                then()
            except Refused as refused:
                raise self._refused(refused) from None
            return None

        if go_on(0) is None:
            return False
        self._channel.pending = go_on
        return True

    # Launches.

    def _pcas(self, data: int) -> bool:
        return self._launch(lambda gpu_va: self._context.sked.pcas(gpu_va, data & 0xF, data))

    def _signaling_pcas(self, data: int) -> bool:
        invalidate, schedule = bool(data & 1), bool(data & 2)
        return self._launch(lambda gpu_va: self._context.sked.signaling_pcas(gpu_va, invalidate, schedule))

    def _launch(self, send: Callable[[int], None]) -> bool:
        """Send the descriptor that SEND_PCAS_A names to SKED, with what the channel says of memory."""
        if not self._renders():
            return False
        context = self._context
        context.windows.shared = self._address(
            "SET_SHADER_SHARED_MEMORY_WINDOW_A", "SET_SHADER_SHARED_MEMORY_WINDOW_B", _WINDOW_HIGH_BITS
        )
        context.windows.local = self._address(
            "SET_SHADER_LOCAL_MEMORY_WINDOW_A", "SET_SHADER_LOCAL_MEMORY_WINDOW_B", _WINDOW_HIGH_BITS
        )
        name = "SET_SHADER_LOCAL_MEMORY"
        context.sked.local = sked.LocalMemory(
            self._address(f"{name}_A", f"{name}_B"),
            self._address(f"{name}_NON_THROTTLED_A", f"{name}_NON_THROTTLED_B", 0xFF),
        )
        gpu_va = self._get("SEND_PCAS_A") << qmd.ALIGNMENT_SHIFT
        self._take_inline_qmd()
        send(gpu_va)
        return True  # it is time to look at the clock

    def _pcas_of_queue(self, data: int) -> bool:
        self._gpu.report("PCAS", "SEND_PCAS_B puts into queues, which are not executed", data=data)
        return False

    def _renders(self) -> bool:
        """Whether conditional rendering lets launches pass.

        Raises:
            Refused: the condition cannot be read.
        """
        override = self._get("SET_RENDER_ENABLE_OVERRIDE") & 3
        mode = self._get("SET_RENDER_ENABLE_C") & 7
        if override in (_ALWAYS_RENDER, _NEVER_RENDER):
            return override == _ALWAYS_RENDER
        if mode <= _TRUE:
            return mode == _TRUE
        gpu_va = self._address("SET_RENDER_ENABLE_A", "SET_RENDER_ENABLE_B", 0xFF)
        first, second = (self._channel.memory.load(gpu_va + offset, 8) for offset in (0, 16))
        results = {_IF_NOT_ZERO: first != 0, _IF_EQUAL: first == second, _IF_NOT_EQUAL: first != second}
        return results.get(mode, True)

    def _inline_qmd_action(self, index: int) -> Action:
        def keep(data: int) -> bool:
            self._inline_qmd[index] = data
            return False

        return keep

    def _take_inline_qmd(self) -> None:
        """Give SKED the descriptor whose words came with the pushbuffer, and put it where it belongs.

        Raises:
            ChannelError: it is active.
            Refused: memory cannot be reached.
        """
        if not self._inline_qmd:
            return
        words = [self._inline_qmd.get(index, 0) for index in range(_INLINE_WORDS)]
        if not self._get("SET_INLINE_QMD_ADDRESS_A") >> 30 & 1:
            words[qmd.INLINE_SHORT_BYTES // 4 :] = [0] * (_INLINE_WORDS - qmd.INLINE_SHORT_BYTES // 4)
        self._inline_qmd.clear()
        upper, lower = self._get("SET_INLINE_QMD_ADDRESS_A"), self._get("SET_INLINE_QMD_ADDRESS_B")
        gpu_va = ((upper & _QMD_HIGH_BITS) << 32 | lower) << qmd.ALIGNMENT_SHIFT
        data = struct.pack(f"<{_INLINE_WORDS}I", *words)
        self._context.sked.load_inline(gpu_va, data)
        write(self._channel.memory, gpu_va, data)

    # Caches.

    def _invalidate_sked_caches(self, data: int) -> bool:
        self._context.sked.invalidate_all()
        return False

    def _invalidate_shader_caches_at_once(self, data: int) -> bool:
        self._forget_code(data)
        return False

    def _forget_code(self, data: int) -> None:
        space = self._gpu.graphics.space(self._channel)
        if _CACHES["INSTRUCTION"].of(data):
            space.forget_code()
        if _CACHES["CONSTANT"].of(data):
            space.forget_constants()
        if _CACHES["DATA"].of(data) and self._gpu.sanitizer is not None:
            self._gpu.sanitizer.data_caches_invalidated(space.pdb)

    def _set_reference_counter(self, data: int) -> bool:
        self._context.sked.references[data & 0x3F] = data >> 8 & 0xFFFF
        return False

    def _macro(self, data: int) -> bool:
        self._gpu.report("macro", "a macro was called, and none is executed", token=self._channel.token)
        return False

    # Inline copies.

    def _launch_inline(self, data: int) -> bool:
        if self._copy is not None:
            self._gpu.report("inline copy", "an inline copy began before the last one had all its data")
        self._copy = InlineCopy(self._gpu, self._channel, self._get, data)
        return self._perform_if_complete()

    def _load_inline(self, data: int) -> bool:
        if self._copy is None:
            self._gpu.report("inline copy", "inline data came without LAUNCH_DMA", token=self._channel.token)
            return False
        self._copy.add(data)
        return self._perform_if_complete()

    def _perform_if_complete(self) -> bool:
        copy = self._copy
        if copy is not None and copy.complete:
            self._copy = None
            copy.perform()
            if copy.interrupts:
                self._fifo.notify(self.name)
        return False

    # Semaphores.

    def _report(self, data: int) -> bool:
        upper, lower = "SET_REPORT_SEMAPHORE_ADDRESS_UPPER", "SET_REPORT_SEMAPHORE_ADDRESS_LOWER"
        gpu_va = self._address(upper, lower)
        payload = self._get("SET_REPORT_SEMAPHORE_PAYLOAD_LOWER")
        payload |= self._get("SET_REPORT_SEMAPHORE_PAYLOAD_UPPER") << 32
        operation = _REPORT["OPERATION"].of(data)
        wide = bool(_REPORT["PAYLOAD_SIZE64"].of(data))
        if operation == _ACQUIRE:
            return self._acquire(gpu_va, payload, 8 if wide else 4)
        reduces = _REPORT["REDUCTION_ENABLE"].of(data)
        awakens = operation == _TRAP or _REPORT["AWAKEN_ENABLE"].of(data) or _REPORT["TRAP_TYPE"].of(data)

        def release() -> None:
            if operation == _RELEASE:
                self._release(
                    gpu_va,
                    payload,
                    _REPORT["STRUCTURE_SIZE"].of(data),
                    wide,
                    _REPORT["REDUCTION_OP"].of(data) if reduces else None,
                    _REPORT["REDUCTION_FORMAT"].of(data) == 1,
                )
            if awakens:
                self._fifo.notify(self.name)

        return self._in_order(release, flush=not _REPORT["FLUSH_DISABLE"].of(data))

    def _old_report(self, data: int) -> bool:
        gpu_va = self._address("SET_REPORT_SEMAPHORE_A", "SET_REPORT_SEMAPHORE_B")
        payload = self._get("SET_REPORT_SEMAPHORE_C")
        operation = _OLD_REPORT["OPERATION"].of(data)
        reduces = _OLD_REPORT["REDUCTION_ENABLE"].of(data)

        def release() -> None:
            if operation == _RELEASE:
                self._release(
                    gpu_va,
                    payload,
                    _OLD_REPORT["STRUCTURE_SIZE"].of(data),
                    False,
                    _OLD_REPORT["REDUCTION_OP"].of(data) if reduces else None,
                    _OLD_REPORT["REDUCTION_FORMAT"].of(data) == 1,
                )
            if operation == _TRAP or _OLD_REPORT["AWAKEN_ENABLE"].of(data):
                self._fifo.notify(self.name)

        return self._in_order(release, flush=not _OLD_REPORT["FLUSH_DISABLE"].of(data))

    def _in_order(self, release: Callable[[], None], flush: bool) -> bool:
        if flush:
            return self._when_idle(release)
        release()
        return False

    def _release(
        self, gpu_va: int, payload: int, structure: int, wide: bool, reduction: int | None, signed: bool
    ) -> None:
        now_ns = self._gpu.clock.now_ns()
        releases.release(self._channel.memory, now_ns, gpu_va, payload, structure, wide, reduction, signed)
        self._fifo.released = True
        if self._gpu.sanitizer is not None:
            self._gpu.sanitizer.released(self._channel, gpu_va)

    def _acquire(self, gpu_va: int, payload: int, size: int) -> bool:
        """Wait until a semaphore has the payload."""
        payload &= (1 << 8 * size) - 1

        def check(until_ns: int) -> Stop | None:
            try:
                if self._channel.memory.load(gpu_va, size) != payload:
                    return Stop.WAIT
            except Refused as refused:
                raise self._refused(refused) from None
            if self._gpu.sanitizer is not None:
                self._gpu.sanitizer.acquired(self._channel, gpu_va)
            return None

        if check(0) is None:
            return False
        self._channel.pending = check
        return True

    def _notify(self, data: int) -> bool:
        """Write a notification: the time, no information, status 0."""
        gpu_va = self._address("SET_NOTIFY_A", "SET_NOTIFY_B")
        words = struct.pack("<2Q", self._gpu.clock.now_ns(), 0)
        write(self._channel.memory, gpu_va, words)
        if data == _WRITE_THEN_AWAKEN:
            self._fifo.notify(self.name)
        return False


def _nothing() -> None:
    """What a plain wait does in the end."""
