"""A GPU virtual address space whose page tables are ours: what is mapped where, at addresses we choose.

Every change is followed by its invalidation, and tables that are not used any more are given back after it.
By default everything lies below 2^40, since a GPFIFO entry and QMD pointers hold 40 address bits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from barewire.errors import (
    BadMapping,
    BarewireError,
    DeviceLost,
    Freed,
    UsageError,
    WrongDevice,
)
from barewire.memory.compare import Comparison, Place, Wanted, compare
from barewire.memory.formats import Aperture, PageAttributes, PageTableFormat, TablePointer, kind_number
from barewire.memory.mappable import Memory
from barewire.memory.mapping import PAGE_BYTES, checked_part
from barewire.memory.pagetable import Directory, Invalidation, PageTables, joined
from barewire.memory.paging import Pages, best_page, cut
from barewire.memory.runs import sparse_pages
from barewire.memory.tables import TableRange, TableReader, TableStore
from barewire.memory.tree import Table, tree
from barewire.memory.va import END_VA, FIRST_VA, VirtualAddresses
from barewire.memory.vram import Extent
from barewire.memory.walker import Found, Walk, pages, walk
from barewire.rounding import round_up, whole
from barewire.shield import ShieldedLock


class SpaceHome(Protocol):
    """What an address space needs of a GPU's memory: that of `barewire.memory.gpu`, or what RM lends us."""

    @property
    def format(self) -> PageTableFormat: ...

    @property
    def table_store(self) -> TableStore: ...

    @property
    def closed(self) -> bool: ...

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        ...

    def keep(self, what: object) -> None:
        """Refer to something until the end: the GPU may still use the memory that it stands for."""
        ...


class Mapping(NamedTuple):
    """Memory, or part of it, at a GPU virtual address.

    Attributes:
        memory: None for a range that reads as zeros and ignores writes.
        attributes: what its entries say; None for such a range.
        page_size_bytes: of every page, as it was asked for; None for the largest that fit.
    """

    gpu_va: int
    size_bytes: int
    memory: Memory | None
    offset: int
    read_only: bool
    attributes: PageAttributes | None
    page_size_bytes: int | None


class AddressSpace:
    """An address space of our own. Close its channels before it. Any thread may use it.

    Attributes:
        memory: of the GPU that it is for.
        handle: of the firmware's object for it; 0 until somebody sets it.
        mappings: gpu_va -> Mapping, of what is mapped now.
        addresses: which addresses are taken.
        tables: the page tables.
        closing: what is called, last one first, before the tables are freed: it makes the GPU let go of them.

    Args:
        invalidate: makes the GPU forget what it may remember wrongly, and waits until it has.
        store: where tables are put; None for the memory's own.
    """

    def __init__(
        self,
        memory: SpaceHome,
        start_va: int = FIRST_VA,
        end_va: int = END_VA,
        *,
        invalidate: Callable[[Invalidation], None],
        store: TableStore | None = None,
    ) -> None:
        memory.check()
        self.memory = memory
        self.handle = 0
        self.mappings: dict[int, Mapping] = {}
        self.addresses = VirtualAddresses(start_va, end_va)
        self.closing: list[Callable[[], None]] = []
        self.closed = False
        self._invalidate = invalidate
        self._store = memory.table_store if store is None else store
        self._lock = ShieldedLock()
        self._lost: list[Mapping] = []
        self._owed: Invalidation | None = None
        self.tables = PageTables(memory.format, self._store)

    @property
    def format(self) -> PageTableFormat:
        """What its tables look like."""
        return self.tables.format

    @property
    def reader(self) -> TableReader:
        """Reads its tables where they are."""
        return self._store

    @property
    def root(self) -> TablePointer:
        """Where the root directory is."""
        return self.tables.root

    @property
    def root_entries(self) -> int:
        """How many entries the root directory has."""
        return self.tables.format.root.entries

    def directories(self, gpu_va: int, span_bytes: int) -> list[Directory]:
        """The directories on the way to an address, from the root to that whose entries cover `span_bytes`.

        Raises:
            UsageError: they are not all there, since nothing is mapped near by.
        """
        self.check()
        with self._lock:
            return self.tables.directories(gpu_va, span_bytes)

    def check(self) -> None:
        """Raise Freed or ForkedChild if it must not be used."""
        self.memory.check()
        if self.closed:
            raise Freed("the address space was closed", handle=self.handle)

    def map(
        self,
        memory: Memory,
        gpu_va: int | None = None,
        offset: int = 0,
        size_bytes: int | None = None,
        read_only: bool = False,
        alignment: int | None = None,
        *,
        page_size_bytes: int | None = None,
        kind: int | str = "generic",
        volatile: bool | None = None,
        privileged: bool = False,
        atomics: bool = True,
        coherent: bool = True,
        peer: int | None = None,
    ) -> int:
        """Map memory, or whole pages of it, at `gpu_va` or wherever there is room; returns the address.

        Args:
            alignment: of the address that is chosen; a power of two.
            page_size_bytes: of every page; None for the largest that fit, one by one.
            kind: the storage kind, by number or name.
            volatile: the GPU's L2 does not keep it; None for host memory only.
            privileged: only privileged accesses reach it.
            atomics: atomic operations are allowed.
            coherent: the GPU snoops the CPU's caches, for host memory.
            peer: the number that the GPU knows another one by whose video memory this is.

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            BadMapping: the tables cannot hold it so; nothing was changed.
            OutOfVram: there is no memory for tables.
            WrongDevice: the memory is another device's.
        """
        self.check()
        if gpu_va is not None:
            gpu_va = whole(gpu_va, "address")
        alignment = whole(alignment or PAGE_BYTES, "alignment")
        attributes = self._attributes(memory, read_only, kind, volatile, privileged, atomics, coherent, peer)
        size = checked_part(offset, size_bytes, memory.size_bytes)
        extents = memory.part(offset, size)
        sizes = self._page_sizes(page_size_bytes)
        with self._lock:
            at = self._take(gpu_va, size, max(alignment, best_page(extents, sizes)), sizes[-1])
            try:
                self._enter(at, lambda: self.tables.map(_pages(at, extents, sizes), attributes))
            except BaseException:
                self.addresses.free(at)
                raise
            self.mappings[at] = Mapping(at, size, memory, offset, read_only, attributes, page_size_bytes)
        return at

    def map_sparse(
        self, size_bytes: int, gpu_va: int | None = None, page_size_bytes: int | None = None
    ) -> int:
        """A range that reads as zeros and ignores writes; returns its address.

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            BadMapping: the range is not of whole pages.
        """
        self.check()
        size = round_up(size_bytes, page_size_bytes or PAGE_BYTES)
        with self._lock:
            page = page_size_bytes or best_page([Extent(0, size)], self.tables.format.page_sizes)
            at = self._take(gpu_va, size, page, page_size_bytes or PAGE_BYTES)
            try:
                self._enter(at, lambda: self.tables.map_sparse(at, size, page_size_bytes))
            except BaseException:
                self.addresses.free(at)
                raise
            self.mappings[at] = Mapping(at, size, None, 0, False, None, page_size_bytes)
        return at

    def remap(
        self,
        gpu_va: int,
        memory: Memory,
        offset: int = 0,
        *,
        read_only: bool = False,
        page_size_bytes: int | None = None,
        **attributes: Any,
    ) -> None:
        """Map other memory in place of all that is mapped at an address, sparse or not.

        Accesses that are under way meanwhile reach the old memory or the new one; if the pages are of another
        size, they may fault too.

        Args:
            attributes: kind, volatile, privileged, atomics, coherent, peer, as for `map`.

        Raises:
            UsageError: nothing is mapped there, or the memory has no such part.
            BadMapping: the tables cannot hold it so; nothing was changed.
            OutOfVram: there is no memory for tables.
            PollTimeout, DeviceLost: the GPU did not forget the old mapping.
        """
        self.check()
        with self._lock:
            old = self._mapping(gpu_va)
            size = checked_part(offset, old.size_bytes, memory.size_bytes)
            extents, wanted = memory.part(offset, size), self._attributes(memory, read_only, **attributes)
            wanted_pages = _pages(gpu_va, extents, self._page_sizes(page_size_bytes))
            new = Mapping(gpu_va, size, memory, offset, read_only, wanted, page_size_bytes)
            begun = []

            def forget(changed: Invalidation) -> None:
                begun.append(changed)
                self._forget(changed)

            try:
                forget(self.tables.remap(wanted_pages, wanted, forget))
            except BaseException:
                if begun:
                    self._lose(old, new)
                raise
            self.mappings[gpu_va] = new

    def unmap(self, gpu_va: int) -> None:
        """Undo map or map_sparse. Afterwards no access of the GPU reaches the memory any more.

        If the GPU does not do as it is told, the addresses and the memory stay taken until it does.

        Raises:
            UsageError: nothing was mapped there.
            PollTimeout, DeviceLost: the GPU did not forget the mapping.
        """
        self.check()
        with self._lock:
            mapping = self._mapping(gpu_va)
            changed = self.tables.unmap(gpu_va, mapping.size_bytes)
            try:
                self._forget(changed)
            except BaseException:
                self._lose(mapping)
                raise
            del self.mappings[gpu_va]
            self.addresses.free(gpu_va)

    def unmap_all_of(self, memory: Any) -> None:
        """Undo every mapping of some memory. Afterwards no access of the GPU reaches it through these tables.

        Who has memory that is mapped nowhere waits for nobody: it may be that of tables.

        Raises:
            PollTimeout, DeviceLost: the GPU did not forget a mapping, now or when it was undone before.
        """
        if not any(mapping.memory is memory for mapping in (*list(self.mappings.values()), *self._lost)):
            return
        with self._lock:
            for gpu_va, mapping in list(self.mappings.items()):
                if mapping.memory is memory:
                    self.unmap(gpu_va)
            if self._owed is not None and any(mapping.memory is memory for mapping in self._lost):
                self._forget(self._owed)

    def walk(self, gpu_va: int) -> Walk:
        """What the tables in memory say of an address, read back.

        Raises:
            UsageError: there is no such address.
        """
        self.check()
        with self._lock:
            return walk(self.tables.format, self._store, self.root, gpu_va)

    def pages(self, start_va: int = 0, end_va: int | None = None) -> Iterator[Found]:
        """What the tables in memory have between two addresses, read back, page by page.

        Change nothing while it runs.
        """
        self.check()
        return pages(self.tables.format, self._store, self.root, start_va, end_va)

    def tree(self, start_va: int = 0, end_va: int | None = None) -> Table:
        """The tables in memory, read back, with the pages in them. Change nothing while it runs."""
        self.check()
        return tree(self.tables.format, self._store, self.root, start_va, end_va)

    def wanted(self) -> tuple[Wanted, ...]:
        """What is mapped, by its own records, as pages and what their entries say."""
        self.check()
        with self._lock:
            return tuple(Wanted(tuple(self._pages_of(each)), each.attributes) for each in self._in_order())

    def places(self) -> dict[Place, TablePointer]:
        """Where its tables are, as the builder has put them."""
        self.check()
        with self._lock:
            return {Place(each.level.name, each.gpu_va): each.page.pointer for each in self.tables.tables()}

    def table_ranges(self) -> tuple[TableRange, ...]:
        """The memory that its tables are cut from, as it was taken; other spaces may share it."""
        self.check()
        return self._store.blocks

    def compare(self, start_va: int | None = None, end_va: int | None = None) -> Comparison:
        """Whether the tables in memory are what the builder makes anew for all that is mapped.

        Args:
            start_va, end_va: the range that is compared; that of its addresses if they are left out.
        """
        start = self.addresses.start if start_va is None else start_va
        end = self.addresses.end if end_va is None else end_va
        with self._lock:
            return compare(self.format, self._store, self.root, self.wanted(), self.places(), start, end)

    def close(self) -> None:
        """Make the GPU let go of the tables, and free them; a second time is nothing.

        A GPU that hangs may still follow its tables: then they stay, with what is mapped, until the GPU's
        memory is closed.

        Raises:
            BarewireError: the first thing that went wrong; everything was tried.
        """
        if self.closed:
            return
        if self.memory.closed:
            self.closed = True
            return
        self.memory.check()
        self.closed = True
        errors: list[BarewireError] = []
        whole = Invalidation(
            self.root, self.addresses.start, self.addresses.end - self.addresses.start, self._top, True
        )
        with self._lock:
            for step in reversed(self.closing):
                _attempt(errors, step)
            if _attempt(errors, lambda: self._forget(whole)):
                _attempt(errors, self.tables.close)
            else:
                self.memory.keep((*self.mappings.values(), *self._lost))
            self.mappings.clear()
            self._lost.clear()
        if errors:
            raise errors[0]

    @property
    def _top(self) -> int:
        return self.tables.format.depth(self.tables.format.root)

    def _mapping(self, gpu_va: int) -> Mapping:
        mapping = self.mappings.get(whole(gpu_va, "address"))
        if mapping is None:
            raise UsageError("nothing is mapped at this address", gpu_va=gpu_va)
        return mapping

    def _in_order(self) -> list[Mapping]:
        return [mapping for _, mapping in sorted(self.mappings.items())]

    def _pages_of(self, mapping: Mapping) -> list[Pages]:
        """The pages of a mapping, as it was made."""
        if mapping.memory is None:
            return sparse_pages(self.format, mapping.gpu_va, mapping.size_bytes, mapping.page_size_bytes)
        extents = mapping.memory.part(mapping.offset, mapping.size_bytes)
        return _pages(mapping.gpu_va, extents, self._page_sizes(mapping.page_size_bytes))

    def _attributes(
        self,
        memory: Memory,
        read_only: bool,
        kind: int | str = "generic",
        volatile: bool | None = None,
        privileged: bool = False,
        atomics: bool = True,
        coherent: bool = True,
        peer: int | None = None,
    ) -> PageAttributes:
        """What the entries say; see `map`."""
        self._check_memory(memory, peer)
        return PageAttributes(
            aperture=_aperture(memory, coherent, peer),
            kind=kind_number(kind) if isinstance(kind, str) else whole(kind, "kind"),
            volatile=memory.aperture == "host" if volatile is None else volatile,
            privileged=privileged,
            read_only=read_only,
            atomics=atomics,
            peer=whole(peer or 0, "number of a peer"),
        )

    def _check_memory(self, memory: Memory, peer: int | None) -> None:
        memory.check()
        if peer is not None and memory.aperture != "video":
            raise BadMapping("a peer has video memory only", peer=peer)
        if memory.home is not self.memory and peer is None:
            raise WrongDevice(
                "memory of one device is mapped in its own address spaces only",
                hint="Give its number as a peer to map video memory of another GPU.",
                handle=memory.handle,
            )

    def _page_sizes(self, page_size_bytes: int | None) -> Sequence[int]:
        sizes = self.tables.format.page_sizes
        if page_size_bytes is None:
            return sizes
        if page_size_bytes not in sizes:
            raise BadMapping(
                f"{self.tables.format.name} has no such pages",
                page_size_bytes=page_size_bytes,
                expected=", ".join(map(str, sizes)),
            )
        return (page_size_bytes,)

    def _take(self, gpu_va: int | None, size: int, alignment: int, page_bytes: int) -> int:
        if gpu_va is None:
            return self.addresses.allocate(size, alignment)
        if gpu_va % page_bytes:
            raise UsageError(
                "the address is not aligned to a page", gpu_va=gpu_va, page_size_bytes=page_bytes
            )
        return self.addresses.reserve(gpu_va, size)

    def _enter(self, gpu_va: int, change: Callable[[], Invalidation]) -> None:
        """Change the tables and make the GPU look at them anew; the tables are as before if it does not."""
        changed = change()
        try:
            self._forget(changed)
        except BaseException:
            undone = self.tables.unmap(changed.gpu_va, changed.size_bytes)
            self._owed = joined(self._owed or changed, undone)
            raise

    def _forget(self, changed: Invalidation) -> None:
        """Make the GPU forget what changed, and what it should have forgotten before."""
        self._owed = changed if self._owed is None else joined(self._owed, changed)
        self._invalidate(self._owed)
        self._owed = None
        self.tables.settle()
        lost, self._lost = self._lost, []
        for gpu_va in {mapping.gpu_va for mapping in lost}:
            self.addresses.free(gpu_va)

    def _lose(self, *mappings: Mapping) -> None:
        """The GPU may still use these: keep their memory and their address until it has forgotten them."""
        at = mappings[0]
        del self.mappings[at.gpu_va]
        self._lost += mappings
        with contextlib.suppress(BadMapping):  # nothing may be left there
            changed = self.tables.unmap(at.gpu_va, at.size_bytes)
            self._owed = changed if self._owed is None else joined(self._owed, changed)

    def __enter__(self) -> AddressSpace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ""
        return f"<address space, {len(self.mappings)} mappings, root at {self.root.address:#x}{state}>"

    def _repr_html_(self) -> str:
        """What is mapped, for notebooks; reads no tables."""
        from barewire.show import mappings as shown

        return shown(self.mappings.values()).html


def _attempt(errors: list[BarewireError], step: Callable[[], None]) -> bool:
    """Take one step of an end, and keep its error; whether the GPU uses nothing any more, done or gone."""
    try:
        step()
    except BarewireError as error:
        errors.append(error)
        return isinstance(error, DeviceLost)
    return True


def _aperture(memory: Memory, coherent: bool, peer: int | None) -> Aperture:
    if peer is not None:
        return Aperture.PEER
    if memory.aperture == "video":
        return Aperture.VIDEO
    return Aperture.HOST if coherent else Aperture.HOST_NONCOHERENT


def _pages(gpu_va: int, extents: Sequence[Extent], sizes: Sequence[int]) -> list[Pages]:
    """The pages of a mapping.

    Raises:
        BadMapping: part of the memory is not in pages of these sizes.
    """
    found, left = cut(gpu_va, extents, sizes)
    if left:
        raise BadMapping(
            "the memory is not in pages of this size here",
            hint="Allocate it with that page size, or let the page sizes be chosen.",
            gpu_va=gpu_va,
            page_size_bytes=sizes[-1],
            left_bytes=left,
        )
    return found
