"""What RM holds for us under a handle: refused once it is closed, closed once."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from barewire.errors import BarewireError, Freed, UsageError, WrongDevice
from barewire.rm import names

if TYPE_CHECKING:
    from barewire.abi.layout import Abi, Struct
    from barewire.chip.facts import GpuFacts

Opened = TypeVar("Opened", bound="RmObject")


class Calls(Protocol):
    """Calls of one RM client, by ioctl (`client.Client`) or by RPC (`rpc_client.RpcClient`).

    Attributes:
        silence: the error of the last call, if RM did not answer it.
    """

    abi: Abi
    handle: int
    device: int
    subdevice: int
    closed: bool
    silence: BarewireError | None

    def check(self) -> None:
        """Raise if the client has ended or belongs to a parent process."""
        ...

    def alloc(self, parent: int, class_id: int, params: Any, handle: int | None = None) -> int:
        """Make an object; returns its handle."""
        ...

    def free(self, handle: int) -> None:
        """Free an object and what is below it."""
        ...

    def new_handle(self) -> int:
        """A handle that this client has not used yet."""
        ...

    def ask(self, handle: int, name: str, **values: Any) -> Struct:
        """A control by name, with fields set."""
        ...

    def set_root(self, space: int, address: int, entries: int) -> None:
        """Tell RM where the page directory of an externally owned VA space is, in video memory."""
        ...

    def unset_root(self, space: int) -> None:
        """Tell RM that it has none any more."""
        ...

    def when_gone(self, handle: int, action: Callable[[], None]) -> None:
        """Do something once RM has freed an object."""
        ...

    def attempt(self, errors: list[BarewireError], step: Any, *arguments: Any) -> None:
        """Take one step of an end; what goes wrong is kept."""
        ...

    def quietly(self, step: Any, *arguments: Any) -> None:
        """Take one step of cleaning up."""
        ...


def give_root(calls: Calls, space: int, address: int, entries: int) -> None:
    """The call of `Calls.set_root`, the same by ioctl and by RPC."""
    calls.ask(
        calls.device,
        "DMA_SET_PAGE_DIRECTORY",
        physAddress=address,
        numEntries=entries,
        flags=names.PAGE_DIRECTORY_IN_VIDEO,
        hVASpace=space,
    )


def take_root(calls: Calls, space: int) -> None:
    """That of `Calls.unset_root`."""
    calls.ask(calls.device, "DMA_UNSET_PAGE_DIRECTORY", hVASpace=space)


class Manager(Protocol):
    """A resource manager as its objects see it."""

    @property
    def client(self) -> Calls:
        """Its calls."""
        ...

    @property
    def facts(self) -> GpuFacts:
        """What is known of the GPU."""
        ...

    @property
    def memory(self) -> Any:
        """What page tables of ours and what is mapped in them are made of."""
        ...


class HeldMemory(Protocol):
    """Memory that a channel is made in."""

    @property
    def handle(self) -> int:
        """RM's handle; 0 where RM does not know the memory."""
        ...

    @property
    def size_bytes(self) -> int:
        """Whole pages."""
        ...

    def map_cpu(self) -> Any:
        """The memory in this process."""
        ...

    def check(self) -> None:
        """Raise Freed if it must not be used."""
        ...


class RmObject(ABC):
    """An object of RM; close it, or use it in a `with`.

    Attributes:
        rm: the resource manager that it belongs to.
        handle: RM's handle.
        closed: whether it was given back.
        kind: what it is, for messages.
    """

    kind = "object"
    rm: Manager
    handle: int
    closed: bool

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self.rm.client.check()
        if self.closed:
            raise Freed(f"the {self.kind} was closed", handle=self.handle)

    def close(self) -> None:
        """Free what it holds, then itself; a second time is nothing.

        Raises:
            BarewireError: the first thing that went wrong; everything was tried.
        """
        if self.closed or self.rm.client.closed:
            self.closed = True
            return
        self.rm.client.check()
        self.closed = True
        errors: list[BarewireError] = []
        self._free(errors)
        if errors:
            raise errors[0]

    @abstractmethod
    def _free(self, errors: list[BarewireError]) -> None:
        """Every step of the end, what goes wrong kept in `errors`."""

    def __enter__(self: Opened) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SpaceObject(RmObject):
    """An address space, whose channels end before it.

    Attributes:
        groups: channel groups in it.
    """

    kind = "address space"
    groups: weakref.WeakSet[Any]

    def close(self) -> None:
        """Free it, with its mappings and tables; a second time is nothing.

        Raises:
            UsageError: there are channels in it, which would have no addresses left.
            BarewireError: the first thing that went wrong; everything was tried.
        """
        living = [group for group in self.groups if not group.closed]
        if living and not self.closed and not self.rm.client.closed:
            raise UsageError(
                "an address space cannot be closed before its channels",
                hint="Close its channels first.",
                handle=self.handle,
                channels=sum(len(group.channels) for group in living),
            )
        super().close()


def expect_space(space: Any, rm: Any) -> None:
    """See that somebody gave an address space of this resource manager.

    Raises:
        WrongDevice: it is another device's, or none.
    """
    if getattr(space, "rm", None) is not rm or not hasattr(space, "unmap"):
        raise WrongDevice(
            f"{space!r} is no address space of this device", hint="Device.address_space() makes one"
        )
