"""Building pushbuffers, method by method, under NVIDIA's names."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from barewire.channel import methods
from barewire.errors import BadPushbuffer, UsageError
from barewire.regs import classes


class Pushbuffer:
    """A list of words for one channel.

    Args:
        class_ids: the classes that the channel's engine has, host class first.
    """

    def __init__(self, class_ids: tuple[int, ...]) -> None:
        self.class_ids = class_ids
        self.words: list[int] = []

    def __len__(self) -> int:
        return len(self.words)

    def method(self, name: str, *values: int, **fields: int | str) -> Pushbuffer:
        """One method, or as many neighbours as there are values.

        Args:
            name: NVIDIA's full name, e.g. "NVC8B5_OFFSET_IN_UPPER".
            values: whole words; the second goes to the next method, and so on.
            fields: instead of values, fields of the one method, as numbers or as NVIDIA's enum names.

        Raises:
            UnknownMethod, FieldRange: the name is not one of this channel's classes, or a value does not fit.
        """
        class_id = methods.class_of(name, self.class_ids)
        table = classes.load(class_id)
        if fields and values:
            raise UsageError(f"{name} takes values or fields, not both")
        if fields or not values:
            values = (table.method(name).encode(**fields),)
        subchannel, offset, mask = methods.method_word(class_id, name)
        methods.check_value(name, values[0], mask)
        for index, value in enumerate(values[1:], start=1):
            self._check_neighbour(table, name, offset + 4 * index, value)
        self.words.append(methods.header(methods.INCREMENTING, subchannel, offset, len(values)))
        self.words.extend(values)
        return self

    @staticmethod
    def _check_neighbour(table: classes.ClassTable, name: str, offset: int, value: int) -> None:
        found = table.at(offset)
        if found is None:
            raise UsageError(
                f"no method of {table.name} stands at {offset:#x}, reached by the values of {name}"
            )
        _, _, mask = methods.method_word(table.class_id, found[0].name)
        methods.check_value(found[0].name, value, mask)

    def immediate(self, name: str, value: int = 0) -> Pushbuffer:
        """A method whose value, of at most 13 bits, stands in the header itself."""
        class_id = methods.class_of(name, self.class_ids)
        subchannel, offset, mask = methods.method_word(class_id, name)
        methods.check_value(name, value, mask & ((1 << methods.IMMEDIATE_BITS) - 1))
        self.words.append(methods.header(methods.IMMEDIATE, subchannel, offset, value))
        return self

    def repeated(self, name: str, values: Iterable[int]) -> Pushbuffer:
        """Many words for the same method, such as inline data."""
        class_id = methods.class_of(name, self.class_ids)
        subchannel, offset, mask = methods.method_word(class_id, name)
        remaining = [methods.check_value(name, value, mask) for value in values]
        for start in range(0, len(remaining), methods.MAX_COUNT):
            part = remaining[start : start + methods.MAX_COUNT]
            self.words.append(methods.header(methods.NON_INCREMENTING, subchannel, offset, len(part)))
            self.words.extend(part)
        return self

    def bind(self, class_id: int) -> Pushbuffer:
        """SET_OBJECT: bind the engine's class to its subchannel."""
        subchannel = methods.SUBCHANNEL[classes.load(class_id).kind]
        self.words.append(methods.header(methods.INCREMENTING, subchannel, 0, 1))
        self.words.append(class_id)
        return self

    def raw(self, words: Iterable[int]) -> Pushbuffer:
        """Words as they are, unchecked: for experiments and for deliberate faults."""
        try:
            self.words.extend([word & 0xFFFFFFFF for word in words])
        except TypeError:
            raise UsageError(f"{words!r} are no words", expected="whole numbers") from None
        return self

    def release(
        self, gpu_va: int, payload: int, *, wait_for_idle: bool = True, timestamp: bool = False
    ) -> Pushbuffer:
        """Write a semaphore when all earlier work of the channel is done.

        Args:
            gpu_va: of the semaphore: 4 bytes, or with a timestamp 16 bytes, naturally aligned.
            timestamp: also write the GPU's time in nanoseconds at +8.
        """
        _expect_whole(gpu_va, payload)
        host = f"NV{self.class_ids[0]:04X}"
        table = classes.load(self.class_ids[0])
        execute = table.method("SEM_EXECUTE").encode(
            OPERATION="RELEASE",
            RELEASE_WFI="EN" if wait_for_idle else "DIS",
            RELEASE_TIMESTAMP="EN" if timestamp else "DIS",
        )
        return self.method(
            f"{host}_SEM_ADDR_LO", gpu_va & 0xFFFFFFFF, gpu_va >> 32, payload & 0xFFFFFFFF, 0, execute
        )

    def acquire(self, gpu_va: int, payload: int) -> Pushbuffer:
        """Let the channel wait until a 32-bit counter has reached `payload` (compared circularly)."""
        _expect_whole(gpu_va, payload)
        host = f"NV{self.class_ids[0]:04X}"
        table = classes.load(self.class_ids[0])
        execute = table.method("SEM_EXECUTE").encode(OPERATION="ACQ_CIRC_GEQ", ACQUIRE_SWITCH_TSG="EN")
        return self.method(
            f"{host}_SEM_ADDR_LO", gpu_va & 0xFFFFFFFF, gpu_va >> 32, payload & 0xFFFFFFFF, 0, execute
        )

    def tobytes(self) -> bytes:
        """The words, little-endian."""
        return struct.pack(f"<{len(self.words)}I", *self.words)

    def __repr__(self) -> str:
        named = ", ".join(f"{class_id:#06x}" for class_id in self.class_ids)
        return f"<{type(self).__name__} of {len(self.words)} words for classes {named}>"

    def _repr_html_(self) -> str:
        """What it does, and every method of it, for notebooks; what does not parse is said."""
        from barewire.channel import decoder
        from barewire.show import pushbuffer as shown

        operations, problem = [], ""
        try:
            for operation in decoder.iterate_pushbuffer(self.words, self._bound(), self.class_ids[0]):
                operations.append(operation)
        except BadPushbuffer as broken:
            problem = str(broken)
        return shown(operations, decoder.summarize(operations), len(self.words), problem).html

    def _bound(self) -> dict[int, int]:
        """Subchannel -> class, of the engine's classes."""
        engine = self.class_ids[1:]
        return {methods.SUBCHANNEL[classes.load(class_id).kind]: class_id for class_id in engine}


def _expect_whole(gpu_va: int, payload: int) -> None:
    try:
        gpu_va | payload  # what has bits is a whole number
    except TypeError:
        raise UsageError(
            f"there is no semaphore {gpu_va!r} with {payload!r}", expected="whole numbers"
        ) from None
