"""Every error barewire raises, in one hierarchy.

An error says what happened, where (register, address, channel, method), what was expected, and what to do
next. The facts are attributes, so that a program can act on them, and `to_dict()` gives them to machines.
"""

from __future__ import annotations

from typing import Any


class BarewireError(Exception):
    """The root of the hierarchy.

    Args:
        message: what happened, in one sentence.
        hint: what the reader can do next, if there is anything.
        facts: structured details (`register`, `gpu_va`, `expected`, `elapsed_s`, ...); each becomes an
            attribute.
    """

    def __init__(self, message: str, *, hint: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def __getattr__(self, name: str) -> Any:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(f"{type(self).__name__} has no fact {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.hint, self.facts)

    def __str__(self) -> str:
        lines = [self.message]
        if self.facts:
            lines.append(
                "    " + ", ".join(f"{name} = {_show(name, value)}" for name, value in self.facts.items())
            )
        if self.hint:
            lines.append("    " + self.hint)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """What is known, as a card for notebooks."""
        from barewire.show import error as shown

        return shown(self).html

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data: its kind, message, hint and facts."""
        return {"error": type(self).__name__, "message": self.message, "hint": self.hint, **self.facts}


def _rebuild(
    kind: type[BarewireError], message: str, hint: str | None, facts: dict[str, Any]
) -> BarewireError:
    return kind(message, hint=hint, **facts)


_HEX_NAMES = (
    "_va",
    "offset",
    "address",
    "register",
    "value",
    "pc",
    "handle",
    "class_id",
    "iova",
    "word",
    "method",
)


def _show(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return f"{value:#x}" if name.endswith(_HEX_NAMES) else str(value)


# The machine is not ready for what was asked.
class SetupError(BarewireError):
    """The machine, not the GPU, prevents the work."""


class NoDevice(SetupError):
    """There is no device of the kind that was asked for."""


class PermissionMissing(SetupError):
    """A file or a capability that the work needs is not open to this process."""


class DeviceBusy(SetupError):
    """Another process owns the device."""


class BindRefused(SetupError):
    """A device cannot be given to VFIO as things are; nothing was changed."""


class RestoreIncomplete(SetupError):
    """What binding changed could not all be put back; the state file is kept, and says what is left."""


class UnknownChip(SetupError):
    """The chip is not one that barewire knows."""


class UnknownDriver(SetupError):
    """The kernel driver's version is not one whose layouts are known."""


class FirmwareMissing(SetupError):
    """A firmware file that the chip needs was not found; names the file and where it was looked for."""


class CompilerMissing(SetupError):
    """A compiler or assembler that the work needs is not installed."""


# What was asked cannot be done as it was asked; nothing was submitted.
class UsageError(BarewireError, ValueError):
    """The call itself is wrong."""


class EngineMissing(UsageError):
    """The device does not offer that engine."""


class KernelNotFound(UsageError, KeyError):
    """A module has no kernel of that name."""

    __str__ = BarewireError.__str__


class ArgumentMismatch(UsageError):
    """A kernel was called with the wrong number, size or kind of arguments."""


class LaunchTooLarge(UsageError):
    """A grid, block, cluster or shared-memory size is beyond what the chip or the kernel allows."""


class FieldRange(UsageError):
    """A value does not fit into its register, method or QMD field."""


class UnknownName(UsageError, KeyError):
    """A register, method, field or class of that name is not in the tables."""

    __str__ = BarewireError.__str__


class UnknownClass(UnknownName):
    """No table for that class id."""


class UnknownMethod(UnknownName):
    """A class has no method of that name."""


class Freed(UsageError):
    """The object was closed or freed before it was used."""


class WrongDevice(UsageError):
    """An object of one device was given to another."""


class ForkedChild(UsageError):
    """A device that a parent process opened was used in a forked child."""


# Files and streams that are not what they should be.
class FormatError(BarewireError, ValueError):
    """Input that does not follow its format; nothing was written anywhere."""


class BadCubin(FormatError):
    """Not a cubin, fatbin or PTX file that can be loaded."""


class WrongArchitecture(BadCubin):
    """A well-formed image, for another chip."""


class UnsupportedFeature(BadCubin):
    """The kernel needs something that barewire does not offer; the message names it."""


class BadFirmware(FormatError):
    """A firmware file that is damaged, or not what it is named; the message names the structure."""


class BadPushbuffer(FormatError):
    """Words that are not a pushbuffer."""


# The way to the device.
class TransportError(BarewireError):
    """The device could not be reached as expected."""


class DmaError(TransportError):
    """Host memory could not be given to the device."""


class HostLimit(DmaError, SetupError):
    """The host lets the device have no more memory, or no more mappings: `needed` and `limit` say of what."""


class DeviceLost(TransportError):
    """The GPU no longer answers."""


class DivergedReplay(TransportError):
    """A driver does something else than the recorded session; `event` is where, `expected` what was there."""


class PriError(TransportError):
    """A register read answered with a PRI error code instead of a value."""


# What the device, or the firmware and driver that own it, answered.
class DeviceError(BarewireError):
    """The device reported an error, or did not do what it should in time."""


class PollTimeout(DeviceError, TimeoutError):
    """A wait reached its deadline."""


class BootError(DeviceError):
    """A step of bringing the GPU up failed; `step` names it."""


class ResetRequired(BootError):
    """The GPU is in a state that only a reset ends; the hint says which."""


class RpcError(DeviceError):
    """What came over the message queue from the firmware is not what its rules say."""


class RpcTimeout(RpcError, PollTimeout):
    """The firmware did not answer a call within its deadline; `function` names it."""


class RmError(DeviceError):
    """NVIDIA's resource manager refused a call; `status` and `status_name` say why."""


class ChannelDead(DeviceError):
    """The channel was torn down by the GPU; `xid` says why. Open a fresh one."""


class MmuFault(ChannelDead):
    """An access to a GPU virtual address that is not mapped, or not mapped so."""


class MethodError(ChannelDead):
    """A pushbuffer held a method or data that its class refuses."""


class PushbufferError(ChannelDead):
    """The pushbuffer fetcher (PBDMA) met something it cannot parse."""


class KernelFault(ChannelDead):
    """A kernel raised an exception on an SM."""


class IllegalInstruction(KernelFault):
    """A warp met an instruction that the SM does not know."""


class MisalignedAccess(KernelFault):
    """A warp accessed an address that is not a multiple of the access size."""


class AddressOutOfRange(KernelFault):
    """A warp accessed a shared or local address outside its window."""


class Trap(KernelFault):
    """A warp executed a trap or breakpoint instruction."""


class KernelTimeout(PollTimeout, ChannelDead):
    """A kernel did not end within its deadline and was taken off the GPU."""


class CopyFault(ChannelDead):
    """A copy engine reported an error."""


class BadMapping(UsageError):
    """Page tables cannot hold this mapping; nothing was changed."""


# Resources that ran out.
class ResourceError(BarewireError, MemoryError):
    """There is not enough of something."""


class OutOfVram(ResourceError):
    """Video memory is exhausted; `free_bytes` says what is left, where it is known."""


class OutOfAddressSpace(ResourceError):
    """No range of GPU virtual addresses is free that is large enough."""
