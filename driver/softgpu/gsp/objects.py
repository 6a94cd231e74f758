"""RM's objects: clients, and under each a tree of devices, address spaces, channels, memory and the rest.

A handle names an object within its client. Freeing an object frees what is under it, and what depends on it.

Facts: OGKM:src/nvidia/src/kernel/rmapi/resource_list.h (parents, free
priorities), src/nvidia/src/libraries/resserv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar, cast

from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.gsp.owned_space import OwnedSpace
    from barewire.softgpu.gsp.resman import ResourceManager
    from barewire.softgpu.gsp.virtual_memory import Mapping

GENERATED_HANDLES = 0xCAF00000  # where RM's own choices of handles begin


class Kind(Enum):
    """What sort of object a class makes; controls and parents are looked up by it."""

    CLIENT = "client"
    DEVICE = "device"
    SUBDEVICE = "subdevice"
    VASPACE = "address space"
    GROUP = "channel group"
    CONTEXT_SHARE = "context share"
    CHANNEL = "channel"
    ENGINE = "engine object"
    MEMORY = "memory"
    VIRTUAL_MEMORY = "virtual memory"
    USERMODE = "usermode page"
    EVENT = "event"
    DEBUGGER = "debugger"
    OTHER = "object without a life of its own"


FREED_FIRST = (Kind.CHANNEL, Kind.GROUP)


@dataclass(eq=False)
class RmObject:
    """Any object.

    Attributes:
        handle: within its client.
        class_id: NVIDIA's number of its class.
        kind: what sort it is.
        parent: the object it was made under; None for a client.
        children: objects made under it, oldest first.
        dependants: objects that cannot outlive it, though they are not under it.
    """

    handle: int
    class_id: int
    kind: Kind
    parent: RmObject | None
    children: list[RmObject] = field(default_factory=list, repr=False)
    dependants: list[RmObject] = field(default_factory=list, repr=False)
    freed: bool = False

    @property
    def client(self) -> Client:
        """The client it belongs to."""
        top: RmObject = self
        while top.parent is not None:
            top = top.parent
        return cast(Client, top)

    def above(self, kind: Kind) -> RmObject | None:
        """The nearest object of a kind over it, itself included."""
        place: RmObject | None = self
        while place is not None and place.kind is not kind:
            place = place.parent
        return place

    def release(self, rm: ResourceManager) -> None:
        """What freeing it does, once nothing is under it any more."""


@dataclass(eq=False)
class Client(RmObject):
    """A client: the root of a tree.

    Attributes:
        objects: all of its objects by handle, itself included.
        process_id: what it said of itself.
    """

    objects: dict[int, RmObject] = field(default_factory=dict, repr=False)
    process_id: int = 0
    next_handle: int = GENERATED_HANDLES

    def new_handle(self) -> int:
        """A handle that is not in use."""
        while self.next_handle in self.objects:
            self.next_handle += 1
        return self.next_handle


@dataclass(eq=False)
class Subdevice(RmObject):
    """A subdevice and the notifications that were asked for on it.

    Attributes:
        actions: NV2080_CTRL_EVENT_SET_NOTIFICATION_ACTION_* by notifier index.
    """

    actions: dict[int, int] = field(default_factory=dict)


@dataclass(eq=False)
class VaSpace(RmObject):
    """An address space.

    Attributes:
        external: its tables are the caller's, named by SET_PAGE_DIRECTORY.
        root: the page directory base; None until there is one.
        owned: the tables and the addresses that firmware keeps account of; None for a space that is
            external, or whose client brought the directories (COPY_SERVER_RESERVED_PDES).
    """

    external: bool = False
    root: Pdb | None = None
    owned: OwnedSpace | None = None

    def release(self, rm: ResourceManager) -> None:
        if self.root is not None:
            rm.gpu.mmu.invalidate(self.root)
        self.root = None
        if self.owned is not None:
            self.owned.leave()
        self.owned = None


@dataclass(eq=False)
class ContextShare(RmObject):
    """A subcontext of a channel group, with an address space of its own."""

    vaspace: VaSpace | None = None
    subcontext: int = 0

    def release(self, rm: ResourceManager) -> None:
        if self.vaspace is not None and self in self.vaspace.dependants:
            self.vaspace.dependants.remove(self)


@dataclass(eq=False)
class Memory(RmObject):
    """Memory that the caller owns and RM may reach.

    Attributes:
        aperture: where it is.
        pages: addresses of its pages; one alone stands for a contiguous stretch.
        size_bytes: of all of it.
        storage_kind: how its bytes lie there (NV_MMU_PTE_KIND_*).
        mappings: where it is mapped in address spaces that firmware keeps account of.
    """

    aperture: Aperture = Aperture.VRAM
    pages: tuple[int, ...] = ()
    size_bytes: int = 0
    storage_kind: int = 0
    mappings: list[Mapping] = field(default_factory=list, init=False, repr=False)

    def release(self, rm: ResourceManager) -> None:
        for mapping in list(self.mappings):
            mapping.take_away(rm)


@dataclass(eq=False)
class EventObject(RmObject):
    """A wish to hear of something.

    Attributes:
        source: whose notifications are wanted.
        index: of the notifier; flags above it cleared.
        data: what the caller wants to have back.
    """

    source: RmObject | None = None
    index: int = 0
    data: int = 0


_Object = TypeVar("_Object", bound=RmObject)


class ObjectTree:
    """Every client and its objects."""

    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}

    def client(self, handle: int) -> Client:
        """A client by its handle.

        Raises:
            Refused: INVALID_CLIENT.
        """
        try:
            return self.clients[handle]
        except KeyError:
            raise Refused(Status.INVALID_CLIENT, f"no client {handle:#x}") from None

    def find(self, client: int, handle: int) -> RmObject:
        """An object of a client.

        Raises:
            Refused: INVALID_CLIENT, OBJECT_NOT_FOUND.
        """
        owner = self.client(client)
        try:
            return owner.objects[handle]
        except KeyError:
            raise Refused(Status.OBJECT_NOT_FOUND, f"client {client:#x} has no {handle:#x}") from None

    def find_as(self, client: int, handle: int, form: type[_Object]) -> _Object:
        """An object of a client that has to be of a certain form.

        Raises:
            Refused: INVALID_CLIENT, INVALID_OBJECT_HANDLE for none or one of another form.
        """
        found = self.client(client).objects.get(handle)
        if not isinstance(found, form):
            what = "no object" if found is None else f"a {found.kind.value}"
            raise Refused(Status.INVALID_OBJECT_HANDLE, f"{handle:#x} is {what}, not a {form.__name__}")
        return found

    def insert(self, made: RmObject) -> None:
        """Put an object into its place.

        Raises:
            Refused: INSERT_DUPLICATE_NAME.
        """
        if isinstance(made, Client):
            if made.handle in self.clients:
                raise Refused(Status.INSERT_DUPLICATE_NAME, f"client {made.handle:#x} exists")
            self.clients[made.handle] = made
            made.objects[made.handle] = made
            return
        objects = made.client.objects
        if made.handle in objects:
            raise Refused(Status.INSERT_DUPLICATE_NAME, f"handle {made.handle:#x} is in use")
        objects[made.handle] = made
        if made.parent is not None:
            made.parent.children.append(made)

    def free(self, rm: ResourceManager, gone: RmObject) -> None:
        """Free an object: first what depends on it, then what is under it, channels before the rest."""
        if gone.freed:
            return
        gone.freed = True
        for other in list(gone.dependants):
            if not other.freed:
                rm.gpu.report(
                    "freed under use",
                    f"a {gone.kind.value} was freed before a {other.kind.value} that uses it",
                    handle=gone.handle,
                    user=other.handle,
                )
                self.free(rm, other)
        for child in _free_order(gone.children):
            self.free(rm, child)
        gone.release(rm)
        self._forget(gone)

    def _forget(self, gone: RmObject) -> None:
        if isinstance(gone, Client):
            self.clients.pop(gone.handle, None)
            return
        gone.client.objects.pop(gone.handle, None)
        if gone.parent is not None and gone in gone.parent.children:
            gone.parent.children.remove(gone)


def _free_order(children: list[RmObject]) -> list[RmObject]:
    """Channels and groups first; within each, the youngest first."""
    youngest_first = list(reversed(children))
    return sorted(youngest_first, key=lambda child: child.kind not in FREED_FIRST)
