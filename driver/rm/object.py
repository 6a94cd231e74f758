"""What RM holds for us under a handle: refused once it is closed, closed once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from barewire.errors import BarewireError, Freed

if TYPE_CHECKING:
    from barewire.rm.ioctl import NvResourceManager

Opened = TypeVar("Opened", bound="RmObject")


class RmObject(ABC):
    """An object of RM; close it, or use it in a `with`.

    Attributes:
        rm: the resource manager that it belongs to.
        handle: RM's handle.
        closed: whether it was given back.
        kind: what it is, for messages.
    """

    kind = "object"
    rm: NvResourceManager
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
