"""The methods that Host itself executes: semaphores, barriers, waits, references.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_pbdma.ref (NV_UDMA), volta/gv100/dev_pbdma.ref (YIELD, SET_REF),
OGKM:src/common/sdk/nvidia/inc/class/clc86f.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from barewire.softgpu import memop, semaphores
from barewire.softgpu.channel import Channel, Interrupt0, Stop, host_error
from barewire.softgpu.methods import HOST_CLASS, HOST_END, addresses, bits, describe
from barewire.softgpu.page_tables import Access

if TYPE_CHECKING:
    from barewire.softgpu.fifo import Fifo

_AT = addresses(HOST_CLASS)
_SEM_LO, _SEM_HI = _AT["SEM_ADDR_LO"], _AT["SEM_ADDR_HI"]
_PAYLOAD_LO, _PAYLOAD_HI = _AT["SEM_PAYLOAD_LO"], _AT["SEM_PAYLOAD_HI"]
_HIGH_BITS = (1 << 25) - 1  # SEM_ADDR_HI: 57 bits of address
_LEGACY_HIGH_BITS = 0xFF
_YIELD = bits(HOST_CLASS, "YIELD")["OP"]
_YIELD_NOP, _YIELD_TIMESLICE, _YIELD_TSG = 0, 2, 3

# Methods whose data waits for another method.
_KEPT = (
    "SEM_ADDR_LO", "SEM_ADDR_HI", "SEM_PAYLOAD_LO", "SEM_PAYLOAD_HI",
    "SEMAPHOREA", "SEMAPHOREB", "SEMAPHOREC", "MEM_OP_A", "MEM_OP_B", "MEM_OP_C",
)  # fmt: skip
_IGNORED = ("NOP", "FB_FLUSH")

Handler = Callable[[Channel, int], bool]


class HostMethods:
    """Executes host methods for the channels of one GPU.

    Args:
        fifo: whose channels they are; it hears of every release.
    """

    def __init__(self, fifo: Fifo) -> None:
        self._fifo = fifo
        self._gpu = fifo.gpu
        self._table: list[Handler | None] = [None] * HOST_END
        self.kept = bytearray(HOST_END)  # 1 where the data is only kept
        for name in (*_KEPT, *_IGNORED):
            self.kept[_AT[name]] = 1
        for name, handler in self._handlers().items():
            self._table[_AT[name]] = handler

    def _handlers(self) -> dict[str, Handler]:
        return {
            "SEM_EXECUTE": self._sem_execute,
            "SEMAPHORED": self._semaphore_d,
            "NON_STALL_INTERRUPT": self._non_stall_interrupt,
            "MEM_OP_D": self._mem_op,
            "SET_REFERENCE": self._set_reference,
            "WFI": self._wait_for_idle,
            "YIELD": self._yield,
        }

    def run(self, channel: Channel, address: int, data: int) -> bool:
        """Execute a method; whether the channel has to stop after it.

        Raises:
            ChannelError: Host refuses it.
            Refused: memory that it names cannot be reached.
        """
        handler = self._table[address]
        if handler is None:
            raise host_error(
                Interrupt0.METHOD,
                f"{describe(HOST_CLASS, address)} is no method of Host",
                method=address * 4,
                data=data,
            )
        channel.host[address] = data
        return handler(channel, data)

    # Semaphores.

    def _sem_execute(self, channel: Channel, data: int) -> bool:
        host = channel.host
        try:
            operation = semaphores.decode(data)
        except semaphores.BadOperation as why:
            raise host_error(Interrupt0.SEMAPHORE, str(why), data=data) from None
        gpu_va = (host[_SEM_HI] & _HIGH_BITS) << 32 | host[_SEM_LO] & ~3
        payload = host[_PAYLOAD_LO]
        if operation.size_bytes == 8:
            payload |= host[_PAYLOAD_HI] << 32
        return self._semaphore(channel, operation, gpu_va, payload)

    def _semaphore_d(self, channel: Channel, data: int) -> bool:
        host = channel.host
        try:
            operation = semaphores.decode_legacy(data)
        except semaphores.BadOperation as why:
            raise host_error(Interrupt0.SEMAPHORE, str(why), data=data) from None
        high = host[_AT["SEMAPHOREA"]] & _LEGACY_HIGH_BITS
        gpu_va = high << 32 | host[_AT["SEMAPHOREB"]] & ~3
        return self._semaphore(channel, operation, gpu_va, host[_AT["SEMAPHOREC"]])

    def _semaphore(
        self, channel: Channel, operation: semaphores.Operation, gpu_va: int, payload: int
    ) -> bool:
        if gpu_va % operation.alignment:
            raise host_error(
                Interrupt0.SEMAPHORE,
                f"{operation.name} needs a multiple of {operation.alignment}",
                gpu_va=gpu_va,
            )
        if operation.name not in (semaphores.RELEASE, semaphores.REDUCTION):
            return self._acquire(channel, operation, gpu_va, payload)
        write = self._release if operation.name == semaphores.RELEASE else self._reduce
        if operation.wait_for_idle:
            return self._when_idle(channel, lambda: write(channel, operation, gpu_va, payload))
        self._report_unwaited(channel)
        write(channel, operation, gpu_va, payload)
        return False

    def _report_unwaited(self, channel: Channel) -> None:
        for engine in channel.engines:
            if engine.busy:
                engine.busy = False
                self._gpu.report(
                    "release without wait",
                    "a host semaphore was released without waiting for the work before it",
                    token=channel.token,
                )

    def _when_idle(self, channel: Channel, then: Callable[[], None]) -> bool:
        """Do something once the channel's engines are idle; whether the channel has to stop for that.

        Raises:
            Refused: what is done reaches no memory.
        """

        def go_on(until: int) -> Stop | None:
            if any(engine.working for engine in channel.engines):
                return Stop.ENGINE
            for engine in channel.engines:
                engine.settle()
            if self._gpu.sanitizer is not None:
                self._gpu.sanitizer.idle(channel)
            then()
            return None

        if go_on(0) is None:
            return False
        channel.pending = go_on
        return True

    def _release(self, channel: Channel, operation: semaphores.Operation, gpu_va: int, payload: int) -> None:
        memory = channel.memory
        if operation.timestamp:
            memory.store(gpu_va + 8, 8, self._gpu.clock.now_ns())
            memory.store(gpu_va, 8, payload)
        else:
            memory.store(gpu_va, operation.size_bytes, payload)
        self._fifo.released = True
        if self._gpu.sanitizer is not None:
            self._gpu.sanitizer.released(channel, gpu_va)

    def _reduce(self, channel: Channel, operation: semaphores.Operation, gpu_va: int, payload: int) -> None:
        memory, size = channel.memory, operation.size_bytes
        memory.address(gpu_va, size, Access.ATOMIC)
        value = semaphores.reduce(
            operation.reduction, memory.load(gpu_va, size), payload, size, operation.signed
        )
        if operation.timestamp:
            memory.store(gpu_va + 8, 8, self._gpu.clock.now_ns())
        memory.store(gpu_va, size, value, Access.ATOMIC)
        self._fifo.released = True
        if self._gpu.sanitizer is not None:
            self._gpu.sanitizer.released(channel, gpu_va, adds=True)

    def _acquire(self, channel: Channel, operation: semaphores.Operation, gpu_va: int, payload: int) -> bool:
        size = operation.size_bytes
        name = operation.name

        def check(until: int) -> Stop | None:
            value = channel.memory.load(gpu_va, size)
            if not semaphores.satisfied(name, value, payload, size):
                return Stop.WAIT
            if self._gpu.sanitizer is not None:
                self._gpu.sanitizer.acquired(channel, gpu_va)
            return None

        if check(0) is None:
            return False
        channel.pending = check
        return True

    # The rest.

    def _non_stall_interrupt(self, channel: Channel, data: int) -> bool:
        self._fifo.notify(channel.setup.engines[0])
        return False

    def _mem_op(self, channel: Channel, data: int) -> bool:
        host = channel.host
        try:
            operation = memop.decode(
                host[_AT["MEM_OP_A"]], host[_AT["MEM_OP_B"]], host[_AT["MEM_OP_C"]], data
            )
        except memop.BadMemOp as why:
            raise host_error(Interrupt0.METHOD, str(why), data=data) from None
        if operation.privileged and not channel.setup.privileged:
            raise host_error(
                Interrupt0.METHOD, f"{operation.name} needs a privileged channel", method=_AT["MEM_OP_D"] * 4
            )
        if operation.name == "MEMBAR":
            for engine in channel.engines:
                engine.flushed()
        memop.perform(self._gpu.mmu, operation)
        return operation.invalidation is not None  # which takes a while: time to look at the clock

    def _set_reference(self, channel: Channel, data: int) -> bool:
        return self._when_idle(channel, lambda: channel.userd.put(Reference=data))

    def _wait_for_idle(self, channel: Channel, data: int) -> bool:
        return self._when_idle(channel, _nothing)

    def _yield(self, channel: Channel, data: int) -> bool:
        operation = _YIELD.of(data)
        if operation not in (_YIELD_NOP, _YIELD_TIMESLICE, _YIELD_TSG):
            raise host_error(Interrupt0.METHOD, f"there is no YIELD operation {operation}", data=data)
        if operation == _YIELD_NOP:
            return False
        channel.pending = _yield_once()
        return True


def _yield_once() -> Callable[[int], Stop | None]:
    """Give the turn away the first time it is asked, then go on."""
    left = [Stop.YIELD]
    return lambda until: left.pop() if left else None


def _nothing() -> None:
    """What a plain wait does in the end."""
