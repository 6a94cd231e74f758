"""One RM client over RPC: its objects live in the resource manager that runs on GSP.

It has what objects need of `client.Client`, so that channels and groups are the same code on both.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/{client,device}.c (handles, who is whose parent).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from barewire.abi.layout import Abi, Struct
from barewire.errors import (
    BarewireError,
    Freed,
    RmError,
    RpcError,
    RpcTimeout,
    TransportError,
    UsageError,
)
from barewire.process import check_same_process
from barewire.rm import names
from barewire.rm.client import GpuMapping, RmObject
from barewire.rm.object import give_root, take_root

if TYPE_CHECKING:
    from barewire.gsp.rpc import GspRpc

CLIENT_HANDLE = 0xC1D00000
DEVICE_HANDLE = 0xDE1D0000
SUBDEVICE_HANDLE = 0x5D1D0000
FIRST_HANDLE = 0x0B000001
GONE = ("NV_ERR_OBJECT_NOT_FOUND", "NV_ERR_INVALID_OBJECT_HANDLE", "NV_ERR_INVALID_OBJECT")
NO_PROCESS = 0xFFFFFFFF  # the client is no process of an operating system that GSP knows

Answer = TypeVar("Answer")


class RpcClient:
    """See the module.

    Attributes:
        rpc: what carries the calls.
        abi: structures of the firmware that answers.
        handle, device, subdevice: handles of the client itself and these two.
        objects, gpu_mappings: what exists now.
        silence: the error of the last call if GSP did not answer it. Then nothing is freed by calls: each
            would wait as long. What is owed is freed once GSP answers again, or goes with the last reset.
    """

    def __init__(self, rpc: GspRpc, abi: Abi) -> None:
        self.rpc = rpc
        self.abi = abi
        self.pid = os.getpid()
        self.handle = CLIENT_HANDLE
        self.device = DEVICE_HANDLE
        self.subdevice = SUBDEVICE_HANDLE
        self.closed = False
        self.objects: dict[int, RmObject] = {}
        self.gpu_mappings: dict[tuple[int, int], GpuMapping] = {}
        self.silence: BarewireError | None = None
        self._lock = threading.RLock()
        self._next_handle = FIRST_HANDLE
        self._owed: dict[int, list[Callable[[], None]]] = {}
        self._strays: list[GpuMapping] = []
        self._freeing: set[int] = set()
        self._paying = threading.Lock()

    def start(self) -> None:
        """Make the client, its device and its subdevice."""
        root = self.abi.new("NV0000_ALLOC_PARAMETERS", hClient=self.handle, processID=NO_PROCESS)
        self.alloc(self.handle, names.NV01_ROOT, root, self.handle)
        device = self.abi.new("NV0080_ALLOC_PARAMETERS", hClientShare=self.handle)
        self.alloc(self.handle, names.NV01_DEVICE_0, device, self.device)
        subdevice = self.abi.new("NV2080_ALLOC_PARAMETERS")
        self.alloc(self.device, names.NV20_SUBDEVICE_0, subdevice, self.subdevice)

    def check(self) -> None:
        """Raise if the client has ended or belongs to a parent process.

        Raises:
            ForkedChild: this process is a fork of the one that opened the device.
            Freed: it was closed.
        """
        check_same_process(self.pid)
        if self.closed:
            raise Freed("the device was closed")

    # Calls

    def new_handle(self) -> int:
        """A handle that this client has not used yet."""
        with self._lock:
            handle = self._next_handle
            self._next_handle += 1
            return handle

    def alloc(
        self, parent: int, class_id: int, params: Struct | None = None, handle: int | None = None
    ) -> int:
        """Make an object; `params` is read and written. Returns its handle.

        Raises:
            RmError: RM refused it.
            RpcError, RpcTimeout: GSP did not answer as it should.
        """
        self.check()
        chosen = self.new_handle() if handle is None else handle
        self._make(
            RmObject(chosen, parent, class_id),
            partial(self.rpc.alloc, self.handle, parent, chosen, class_id, params),
        )
        return chosen

    def list_memory(
        self, handle: int, class_id: int, pages: Sequence[int], size_bytes: int, flags: int, kind: int
    ) -> None:
        """Make an object, under the device, of memory that we have.

        Args:
            pages: addresses of its pages of 4 KiB; one alone is the start of memory in one piece.
            flags: NVOS02_FLAGS_*.
            kind: of storage.

        Raises:
            UsageError: the list is too long.
            RmError: RM refused it.
            RpcError, RpcTimeout: GSP did not answer as it should.
        """
        self.check()
        self._make(
            RmObject(handle, self.device, class_id),
            partial(
                self.rpc.alloc_memory,
                self.handle,
                self.device,
                handle,
                class_id,
                pages,
                size_bytes,
                flags=flags,
                kind=kind,
            ),
        )

    def _make(self, made: RmObject, call: Callable[[], None]) -> None:
        """A call that makes an object, entered once it is there."""
        try:
            self._call(call)
        except (RmError, UsageError):
            raise
        except BaseException:
            with self._lock:
                self._owed[made.handle] = []  # it may be there all the same
            raise
        with self._lock:
            self.objects[made.handle] = made

    def set_root(self, space: int, address: int, entries: int) -> None:
        """Tell RM where the page directory of an externally owned VA space is, in video memory."""
        give_root(self, space, address, entries)

    def unset_root(self, space: int) -> None:
        """Tell RM that it has none any more."""
        take_root(self, space)

    def free(self, handle: int) -> None:
        """Free an object; RM frees what is below it. An object that is gone already is no error."""
        self.check()
        self._free(handle)

    def _free(self, handle: int) -> None:
        if handle not in self.objects:
            if handle in self._owed and self.silence is None:
                self._pay()  # it may be there: what is above it is freed next
            return
        with self._lock:
            self._forget(handle)
            self._owed[handle] = []
            if self.silence is not None:
                return
            self._freeing.add(handle)
        try:
            self._call(self.rpc.free, self.handle, handle)
        except RmError as refused:
            if refused.status_name not in GONE:
                raise
        finally:
            self._freeing.discard(handle)
        self._settle(handle)

    def when_gone(self, handle: int, action: Callable[[], None]) -> None:
        """Do something once RM has freed an object: before, it may reach what is given back."""
        with self._lock:
            waiting = self._owed.get(handle)
            if waiting is not None:
                waiting.append(action)
                return
        action()

    def _settle(self, handle: int) -> None:
        """RM has freed an object: what waited for that."""
        with self._lock:
            waiting = self._owed.pop(handle, [])
        for action in waiting:
            self.quietly(action)

    def _pay(self) -> None:
        """Free what GSP did not answer for earlier; what it refuses again stays until the end."""
        if not self._paying.acquire(blocking=False):
            return
        try:
            for handle in [owed for owed in list(self._owed) if owed not in self._freeing]:
                try:
                    self.rpc.free(self.handle, handle)
                except RmError as refused:
                    if refused.status_name not in GONE:
                        self._owed.pop(handle, None)
                        continue
                self._settle(handle)
        except (RpcError, TransportError) as error:
            self.silence = error
        finally:
            self._paying.release()

    def _forget(self, handle: int) -> None:
        self.objects.pop(handle, None)
        self._forget_mappings(lambda known: handle in (known.virtual, known.memory))
        for below in [known.handle for known in list(self.objects.values()) if known.parent == handle]:
            self._forget(below)

    # Mappings that RM makes

    def map_gpu(
        self, virtual: int, memory: int, gpu_va: int, offset: int, size_bytes: int, flags: int
    ) -> GpuMapping:
        """Map part of a memory object at a GPU virtual address; see `client.Client.map_gpu`.

        Raises:
            RmError: RM refused it.
            RpcError, RpcTimeout: GSP did not answer as it should. It may be mapped all the same; that is
                undone before anything else is mapped, and at the latest with the memory.
        """
        self.check()
        self._undo_strays()
        place = partial(self.rpc.map_memory_dma, self.handle, self.device, virtual, memory)
        try:
            at = self._call(place, gpu_va, offset, size_bytes, flags | names.OS46_OFFSET_FIXED)
        except RmError:
            raise
        except BaseException:
            self._strays.append(GpuMapping(virtual, memory, gpu_va, size_bytes))
            raise
        mapping = GpuMapping(virtual, memory, at, size_bytes)
        with self._lock:
            self.gpu_mappings[virtual, at] = mapping
        return mapping

    def _undo_strays(self) -> None:
        """Undo mappings that RM may have made without an answer: their addresses are taken for free."""
        with self._lock:
            while self._strays:
                self._unmap(self._strays[0])
                del self._strays[0]

    def unmap_gpu(self, mapping: GpuMapping) -> None:
        """Undo map_gpu; a mapping that went with its memory is no error.

        Raises:
            RmError: RM refused it.
            RpcError, RpcTimeout: GSP did not answer as it should.
        """
        self.check()
        key = mapping.virtual, mapping.gpu_va
        if self.gpu_mappings.get(key) is not mapping:
            return
        self._unmap(mapping)
        with self._lock:
            self.gpu_mappings.pop(key, None)

    def _unmap(self, mapping: GpuMapping) -> None:
        """Have RM undo a mapping; one that is gone already is no error."""
        unmap = partial(self.rpc.unmap_memory_dma, self.handle, self.device)
        try:
            self._call(unmap, mapping.virtual, mapping.memory, mapping.gpu_va)
        except RmError as refused:
            if refused.status_name not in GONE:
                raise

    def release_memory(self, handle: int, give_back: Callable[[], None]) -> None:
        """Free a memory object, and with it all mappings of it; then what it is made of may be given back.

        Raises:
            RmError, RpcError, RpcTimeout: RM did not free it: it stays until RM does.
        """
        errors: list[BarewireError] = []
        if not self.closed:
            self.attempt(errors, self.free, handle)
        self.when_gone(handle, give_back)
        if errors:
            raise errors[0]

    def _forget_mappings(self, gone: Callable[[GpuMapping], bool]) -> None:
        with self._lock:
            for key in [key for key, known in self.gpu_mappings.items() if gone(known)]:
                del self.gpu_mappings[key]

    # Controls

    def control(self, handle: int, number: int, params: Struct | None = None) -> None:
        """One control; `params` is read and written."""
        self.check()
        self._call(self.rpc.control, self.handle, handle, number, params)

    def ask(self, handle: int, name: str, **values: Any) -> Struct:
        """A control of names.py by name, with fields set; returns its parameters as RM left them."""
        return self.ask_as(self.handle, handle, name, **values)

    def ask_as(self, client: int, handle: int, name: str, **values: Any) -> Struct:
        """As `ask`, by another client: GSP has one of its own for controls that are internal."""
        self.check()
        entry = names.OVER_RPC.get(name) or names.CONTROLS[name]
        params = self.abi.new(entry.struct, **values)
        self._call(partial(self.rpc.control, within_s=entry.within_s), client, handle, entry.number, params)
        return params

    def _call(self, call: Callable[..., Answer], *arguments: Any) -> Answer:
        """One call, and whether it was answered."""
        try:
            answer = call(*arguments)
        except (RpcTimeout, TransportError) as error:
            self.silence = error
            raise
        except RmError:
            self.silence = None
            raise
        self.silence = None
        if self._owed:
            self._pay()
        return answer

    # The end

    def end(self) -> BarewireError | None:
        """Free what is left, children before what they need; ends even if single steps fail.

        Returns:
            The first error, or None.
        """
        if self.closed or os.getpid() != self.pid:
            return None
        errors: list[BarewireError] = []
        newest_first = list(self.objects.values())[::-1]
        for known in sorted(newest_first, key=lambda known: known.rank):
            self.attempt(errors, self._free, known.handle)
        self.objects.clear()
        self.gpu_mappings.clear()
        self.closed = True
        return errors[0] if errors else None

    def attempt(self, errors: list[BarewireError], step: Any, *arguments: Any) -> None:
        """Take one step of an end; what goes wrong is kept in `errors` and the next step may follow."""
        try:
            step(*arguments)
        except BarewireError as error:
            errors.append(error)

    def quietly(self, step: Any, *arguments: Any) -> None:
        """Take one step of cleaning up after an error that is being reported."""
        self.attempt([], step, *arguments)
