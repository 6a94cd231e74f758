"""One RM client and everything made through it: files, objects, mappings; and its end, in the right order.

A client holds data only, none of the objects that users see, so that it can be ended when those are gone:
on close(), when the last reference goes, and at interpreter exit.

Facts: OGKM:src/nvidia/arch/nvalloc/unix/src/escape.c (which descriptor each call wants),
OGKM:kernel-open/nvidia/nv-mmap.c (one mapping context per descriptor),
OGKM:src/nvidia/src/kernel/rmapi/resource_list.h (parents).
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any, NamedTuple

from barewire.abi import status
from barewire.abi.layout import Abi, Struct
from barewire.errors import (
    BarewireError,
    DeviceLost,
    Freed,
    NoDevice,
    PermissionMissing,
    ResourceError,
    TransportError,
    UsageError,
)
from barewire.process import check_same_process
from barewire.rm import names
from barewire.rm.kernel import Kernel, request_number
from barewire.rm.object import give_root, take_root

CONTROL_NODE = "/dev/nvidiactl"
PAGE_BYTES = 4096
FIRST_HANDLE = 0x0B000001  # ours; RM's own start at 0xcaf00000

# The order in which objects are freed; what is not listed (compute and copy objects, debuggers) goes first.
_CHANNELS, _SHARES, _GROUPS, _VIRTUAL, _SPACES, _MEMORY, _USERMODE, _SUBDEVICES, _DEVICES, _CLIENTS = range(
    1, 11
)
_RANKS = {
    **dict.fromkeys(names.GPFIFO_CLASSES, _CHANNELS),
    names.FERMI_CONTEXT_SHARE_A: _SHARES,
    names.KEPLER_CHANNEL_GROUP_A: _GROUPS,
    names.NV01_MEMORY_VIRTUAL: _VIRTUAL,
    names.NV50_MEMORY_VIRTUAL: _VIRTUAL,
    names.FERMI_VASPACE_A: _SPACES,
    names.NV01_MEMORY_LOCAL_USER: _MEMORY,
    names.NV01_MEMORY_SYSTEM: _MEMORY,
    names.NV01_MEMORY_SYSTEM_OS_DESCRIPTOR: _MEMORY,
    names.NV01_MEMORY_LIST_SYSTEM: _MEMORY,
    names.NV01_MEMORY_LIST_FBMEM: _MEMORY,
    names.NV01_MEMORY_LOCAL_PHYSICAL: _MEMORY,
    **dict.fromkeys(names.USERMODE_CLASSES, _USERMODE),
    names.NV20_SUBDEVICE_0: _SUBDEVICES,
    names.NV01_DEVICE_0: _DEVICES,
    names.NV01_ROOT: _CLIENTS,
    names.NV01_ROOT_CLIENT: _CLIENTS,
}


class RmObject(NamedTuple):
    """An object that RM holds for us."""

    handle: int
    parent: int
    class_id: int

    @property
    def rank(self) -> int:
        """When it is freed, relative to others."""
        return _RANKS.get(self.class_id, 0)


class MappedPages:
    """Pages of a memory object in this process.

    Attributes:
        device, memory: the handles they were mapped with.
        address, size_bytes: where they are.
        linear_address: what RM calls the mapping.
        array, view: what views of the pages are made of, and one of them; None once unmapped.
    """

    def __init__(self, device: int, memory: int, address: int, size_bytes: int, linear_address: int) -> None:
        self.device = device
        self.memory = memory
        self.address = address
        self.size_bytes = size_bytes
        self.linear_address = linear_address
        self.array: Any = (ctypes.c_ubyte * size_bytes).from_address(address)
        self.view: memoryview | None = memoryview(self.array).cast("B")


class GpuMapping(NamedTuple):
    """A memory object in a VA space."""

    virtual: int
    memory: int
    gpu_va: int
    size_bytes: int


class CallStats:
    """How often a call was made and how long RM took, in seconds."""

    __slots__ = ("count", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __repr__(self) -> str:
        return f"{self.count} in {self.seconds * 1e3:.3f} ms"


class Client:
    """See the module.

    Attributes:
        handle, device, subdevice: handles of the client itself and these two; memory goes below the device.
        objects, gpu_mappings, pages: what exists now.
        rooted: VA spaces that have page directories of ours; RM is told first that they have them no more.
        calls: what was called, how often and for how long; ioctl_seconds is the sum, open_seconds is apart.
        silence: None: the kernel driver answers every call.
    """

    silence: BarewireError | None = None

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.pid = os.getpid()
        self.lock = threading.RLock()
        self.abi: Abi
        self.device_node = ""
        self.control_fd = -1
        self.device_fd = -1
        self.handle = 0
        self.device = 0
        self.subdevice = 0
        self.closed = False
        self.objects: dict[int, RmObject] = {}
        self.gpu_mappings: dict[tuple[int, int], GpuMapping] = {}
        self.pages: list[MappedPages] = []
        self.rooted: set[int] = set()
        self.calls: dict[str, CallStats] = {}
        self.ioctl_seconds = 0.0
        self.open_seconds = 0.0
        self._next_handle = FIRST_HANDLE

    # Checks

    def check(self) -> None:
        """Raise if the client has ended or belongs to a parent process.

        Raises:
            ForkedChild: this process is a fork of the one that opened the device.
            Freed: it was closed.
        """
        hint = "Open it anew in the child; RM serves a client only in the process that made it."
        check_same_process(self.pid, hint)
        if self.closed:
            raise Freed("the device was closed")

    # Files

    def open_node(self, path: str) -> int:
        """Open a device file.

        Raises:
            NoDevice: it is not there.
            PermissionMissing: it may not be opened.
            DeviceLost: the driver could not start the GPU behind it.
        """
        started = perf_counter()
        try:
            return self.kernel.open(path)
        except FileNotFoundError as error:
            raise NoDevice(
                f"{path} is not there",
                hint="Load NVIDIA's kernel driver (modprobe nvidia; nvidia-modprobe makes the device files), "
                "or pass the file into the container.",
                path=path,
            ) from error
        except PermissionError as error:
            raise PermissionMissing(
                f"{path} may not be opened by this process",
                hint=f"Give this user read and write access to {path}, or allow it in the container.",
                path=path,
            ) from error
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                raise ResourceError(f"{path} could not be opened: {error.strerror}", path=path) from error
            raise DeviceLost(
                f"the kernel driver could not open {path}: {os.strerror(error.errno or 0)}",
                hint="The driver may have failed to start this GPU: see `dmesg`.",
                path=path,
                errno=error.errno,
            ) from error
        finally:
            self.open_seconds += perf_counter() - started

    def open_device_node(self) -> int:
        """Open the GPU's file once more and tie it to the client."""
        fd = self.open_node(self.device_node)
        try:
            params = self.abi.new(names.ESCAPES["REGISTER_FD"].struct, ctl_fd=self.control_fd)
            self.escape("REGISTER_FD", params, fd=fd)
        except BaseException:
            self._close_fd(fd)
            raise
        return fd

    def _close_fd(self, fd: int) -> None:
        with suppress(OSError):  # Linux has closed it all the same
            self.kernel.close(fd)

    # Calls

    def escape(
        self, name: str, params: Struct, fd: int | None = None, call: str | None = None, **facts: Any
    ) -> Struct:
        """One ioctl of the driver; `params` is read and written.

        Raises:
            TransportError: the kernel driver refused its form.
            RmError: RM refused it.
        """
        call = call or name
        data = params.data
        if not isinstance(data, bytearray):
            raise UsageError("an ioctl needs a structure of its own", call=call)
        request = request_number(names.ESCAPES[name].number, len(data))
        started = perf_counter()
        try:
            self.kernel.ioctl(self.control_fd if fd is None else fd, request, data)
        except OSError as error:
            raise TransportError(
                f"the kernel driver did not take {call}: {os.strerror(error.errno or 0)}",
                hint="EINVAL: the structure or descriptor is not what this driver version expects, "
                "or the GPU is lost (see `dmesg`)."
                if error.errno == errno.EINVAL
                else None,
                call=call,
                errno=error.errno,
                **facts,
            ) from error
        finally:
            elapsed = perf_counter() - started
            self.ioctl_seconds += elapsed
            stats = self.calls.get(call)
            if stats is None:
                stats = self.calls[call] = CallStats()
            stats.count += 1
            stats.seconds += elapsed
        fields = params.layout.fields
        status_field = (
            "status" if "status" in fields else "params.status" if "params.status" in fields else ""
        )
        if status_field and params[status_field] != status.OK:
            raise status.refused(call, params[status_field], **facts)
        return params

    def new_handle(self) -> int:
        """A handle that this client has not used yet."""
        with self.lock:
            handle = self._next_handle
            self._next_handle += 1
            return handle

    def alloc(
        self, parent: int, class_id: int, params: Struct | bytearray | None, handle: int | None = None
    ) -> int:
        """Make an object; `params` is read and written. Returns its handle."""
        self.check()
        with self.lock:
            chosen = self.new_handle() if handle is None else handle
            call = f"RM_ALLOC {names.class_name(class_id)}"
            with _Pointer(params) as pointer:
                made = self.abi.new(
                    "NVOS21_PARAMETERS",
                    hRoot=self.handle,
                    hObjectParent=parent,
                    hObjectNew=chosen,
                    hClass=class_id,
                    pAllocParms=pointer.address,
                    paramsSize=pointer.size_bytes,
                )
                self.escape("RM_ALLOC", made, call=call, parent_handle=parent, class_id=class_id)
            chosen = made["hObjectNew"]
            self.objects[chosen] = RmObject(chosen, parent, class_id)
            return chosen

    def alloc_client(self) -> int:
        """Make the client itself; RM chooses its handle."""
        with self.lock:
            self.handle = self.alloc(0, names.NV01_ROOT_CLIENT, None, handle=0)
            return self.handle

    def pin_user_pages(self, address: int, size_bytes: int) -> int:
        """Make an object of pages of this process. Returns its handle."""
        self.check()
        with self.lock:
            handle = self.new_handle()
            flags = names.OS02_NONCONTIGUOUS | names.OS02_COHERENCY_CACHED | names.OS02_NO_MAP
            params = self.abi.new(
                names.ESCAPES["RM_ALLOC_MEMORY"].struct,
                params__hRoot=self.handle,
                params__hObjectParent=self.device,
                params__hObjectNew=handle,
                params__hClass=names.NV01_MEMORY_SYSTEM_OS_DESCRIPTOR,
                params__flags=flags,
                params__pMemory=address,
                params__limit=size_bytes - 1,
                fd=-1,
            )
            call = "RM_ALLOC_MEMORY NV01_MEMORY_SYSTEM_OS_DESCRIPTOR"
            self.escape("RM_ALLOC_MEMORY", params, fd=self.device_fd, call=call, host_address=address)
            self.objects[handle] = RmObject(handle, self.device, names.NV01_MEMORY_SYSTEM_OS_DESCRIPTOR)
            return handle

    def control(self, handle: int, number: int, params: Struct | bytearray | None = None) -> None:
        """One control; `params` is read and written."""
        self.check()
        with self.lock, _Pointer(params) as pointer:
            made = self.abi.new(
                "NVOS54_PARAMETERS",
                hClient=self.handle,
                hObject=handle,
                cmd=number,
                params=pointer.address,
                paramsSize=pointer.size_bytes,
            )
            call = f"RM_CONTROL {names.control_name(number)}"
            self.escape("RM_CONTROL", made, call=call, handle=handle)

    def ask(self, handle: int, name: str, **values: Any) -> Struct:
        """A control of names.py by name, with fields set; returns its parameters as RM left them."""
        entry = names.CONTROLS[name]
        if not entry.struct:
            self.control(handle, entry.number)
            return self.abi.new("NVOS00_PARAMETERS")
        params = self.abi.new(entry.struct, **values)
        self.control(handle, entry.number, params)
        return params

    def set_root(self, space: int, address: int, entries: int) -> None:
        """Tell RM where the page directory of an externally owned VA space is, in video memory."""
        give_root(self, space, address, entries)
        self.rooted.add(space)

    def unset_root(self, space: int) -> None:
        """Tell RM that it has none any more."""
        take_root(self, space)
        self.rooted.discard(space)

    def free(self, handle: int) -> None:
        """Free an object; RM frees what is below it. An object that is gone already is no error."""
        self.check()
        with self.lock:
            self._free(handle)

    def _free(self, handle: int) -> None:
        found = self.objects.get(handle)
        if found is None:
            return
        params = self.abi.new(
            "NVOS00_PARAMETERS", hRoot=self.handle, hObjectParent=found.parent, hObjectOld=found.handle
        )
        call = f"RM_FREE {names.class_name(found.class_id)}"
        self.escape("RM_FREE", params, call=call, handle=handle)
        self._forget(handle)

    @staticmethod
    def when_gone(handle: int, action: Callable[[], None]) -> None:
        """Do something once RM has freed an object: that is done when `free` returns."""
        action()

    def _forget(self, handle: int) -> None:
        self.objects.pop(handle, None)
        for below in [known.handle for known in list(self.objects.values()) if known.parent == handle]:
            self._forget(below)

    # Mappings into this process

    def map_pages(
        self, device: int, memory: int, offset: int, size_bytes: int, on_device: bool, writable: bool = True
    ) -> MappedPages:
        """Map pages of a memory object into this process.

        Args:
            device: handle of the device or subdevice that the memory lies below.
            on_device: memory behind the GPU's BARs (video memory, registers), which is mapped through its
            own file;
                host memory is mapped through the control file.
        """
        self.check()
        with self.lock:
            # The mapping keeps the file open; the descriptor itself is needed only until then.
            fd = self.open_device_node() if on_device else self.open_node(CONTROL_NODE)
            try:
                params = self.abi.new(
                    names.ESCAPES["RM_MAP_MEMORY"].struct,
                    params__hClient=self.handle,
                    params__hDevice=device,
                    params__hMemory=memory,
                    params__offset=offset,
                    params__length=size_bytes,
                    params__flags=0 if writable else names.OS33_READ_ONLY,
                    fd=fd,
                )
                self.escape("RM_MAP_MEMORY", params, handle=memory)
                linear_address = params["params.pLinearAddress"]
                try:
                    address = self.kernel.mmap(fd, size_bytes, writable)
                except OSError as error:
                    self.quietly(self._unmap_memory, device, memory, linear_address)
                    raise TransportError(
                        f"mapping {size_bytes} bytes of memory failed: {error.strerror}",
                        hint="The process may have too many mappings (vm.max_map_count) or too little room.",
                        handle=memory,
                        errno=error.errno,
                    ) from error
            finally:
                self._close_fd(fd)
            pages = MappedPages(device, memory, address, size_bytes, linear_address)
            self.pages.append(pages)
            return pages

    def unmap_pages(self, pages: MappedPages) -> None:
        """Undo map_pages. Views that are still held read empty memory from now on."""
        self.check()
        with self.lock:
            self._unmap_pages(pages)

    def _unmap_pages(self, pages: MappedPages) -> None:
        if pages not in self.pages:
            return
        self.pages.remove(pages)
        self._release(pages)
        self._unmap_memory(pages.device, pages.memory, pages.linear_address)

    def _release(self, pages: MappedPages) -> None:
        held = weakref.ref(pages.array)
        pages.array = pages.view = None
        array = held()  # None unless somebody still has a view
        try:
            if array is None:
                self.kernel.munmap(pages.address, pages.size_bytes)
                return
            self.kernel.retire(pages.address, pages.size_bytes)
            weakref.finalize(
                array, _munmap_quietly, self.kernel, pages.address, pages.size_bytes
            ).atexit = False
        except OSError as error:
            raise TransportError(f"unmapping memory failed: {error.strerror}", errno=error.errno) from error

    def _unmap_memory(self, device: int, memory: int, linear_address: int) -> None:
        params = self.abi.new(
            "NVOS34_PARAMETERS",
            hClient=self.handle,
            hDevice=device,
            hMemory=memory,
            pLinearAddress=linear_address,
        )
        self.escape("RM_UNMAP_MEMORY", params, handle=memory)

    # Mappings into a VA space

    def map_gpu(
        self, virtual: int, memory: int, gpu_va: int, offset: int, size_bytes: int, flags: int
    ) -> GpuMapping:
        """Map part of a memory object at a GPU virtual address."""
        self.check()
        with self.lock:
            params = self.abi.new(
                "NVOS46_PARAMETERS",
                hClient=self.handle,
                hDevice=self.device,
                hDma=virtual,
                hMemory=memory,
                offset=offset,
                length=size_bytes,
                flags=flags | names.OS46_OFFSET_FIXED,
                dmaOffset=gpu_va,
            )
            self.escape("RM_MAP_MEMORY_DMA", params, handle=memory, gpu_va=gpu_va, size_bytes=size_bytes)
            mapping = GpuMapping(virtual, memory, params["dmaOffset"], size_bytes)
            self.gpu_mappings[virtual, mapping.gpu_va] = mapping
            return mapping

    def unmap_gpu(self, mapping: GpuMapping) -> None:
        """Undo map_gpu."""
        self.check()
        with self.lock:
            self._unmap_gpu(mapping)

    def _unmap_gpu(self, mapping: GpuMapping) -> None:
        if (mapping.virtual, mapping.gpu_va) not in self.gpu_mappings:
            return
        params = self.abi.new(
            "NVOS47_PARAMETERS",
            hClient=self.handle,
            hDevice=self.device,
            hDma=mapping.virtual,
            hMemory=mapping.memory,
            dmaOffset=mapping.gpu_va,
            size=mapping.size_bytes,
        )
        self.escape("RM_UNMAP_MEMORY_DMA", params, handle=mapping.memory, gpu_va=mapping.gpu_va)
        del self.gpu_mappings[mapping.virtual, mapping.gpu_va]

    # The end

    def release_memory(self, handle: int) -> None:
        """Free a memory object with all its mappings, whoever made them."""
        self.check()
        with self.lock:
            # Copies are walked throughout: a collected memory object may be freed in between, on this thread.
            errors: list[BarewireError] = []
            for mapping in [known for known in list(self.gpu_mappings.values()) if known.memory == handle]:
                self.attempt(errors, self._unmap_gpu, mapping)
            for pages in [known for known in list(self.pages) if known.memory == handle]:
                self.attempt(errors, self._unmap_pages, pages)
            self.attempt(errors, self._free, handle)
            if errors:
                raise errors[0]

    def abandon_memory(self, handle: int) -> None:
        """release_memory for an object that nobody refers to any more: raises nothing."""
        if not self.closed and os.getpid() == self.pid:
            self.quietly(self.release_memory, handle)

    def end(self) -> BarewireError | None:
        """Undo everything, children before what they need; ends even if single steps fail.

        Order: compute and copy objects and debuggers, channels, context shares, groups; mappings into VA
        spaces, the spaces; mappings into this process, memory; usermode object, subdevice, device, client;
        the files.

        Returns:
            The first error, or None; closing the control file makes RM free whatever is left.
        """
        with self.lock:
            if self.closed or os.getpid() != self.pid:
                return None
            errors: list[BarewireError] = []
            newest_first = list(self.objects.values())[::-1]
            for known in sorted(newest_first, key=lambda known: known.rank):
                if known.rank >= _VIRTUAL:
                    for mapping in list(self.gpu_mappings.values()):
                        self.attempt(errors, self._unmap_gpu, mapping)
                        self.gpu_mappings.pop((mapping.virtual, mapping.gpu_va), None)
                if known.rank >= _MEMORY:
                    self._unmap_all_pages(errors)
                if known.handle in self.rooted:
                    self.attempt(errors, self.unset_root, known.handle)
                self.attempt(errors, self._free, known.handle)
            self._unmap_all_pages(errors)
            self.objects.clear()
            self.closed = True
            for fd in (self.device_fd, self.control_fd):
                if fd >= 0:
                    self._close_fd(fd)
            self.device_fd = self.control_fd = -1
            return errors[0] if errors else None

    def _unmap_all_pages(self, errors: list[BarewireError]) -> None:
        for pages in list(self.pages):
            self.attempt(errors, self._unmap_pages, pages)

    @staticmethod
    def attempt(errors: list[BarewireError], step: Any, *arguments: Any) -> None:
        """Take one step of an end; what goes wrong is kept in `errors` and the next step may follow."""
        try:
            step(*arguments)
        except BarewireError as error:
            errors.append(error)

    def quietly(self, step: Any, *arguments: Any) -> None:
        """Take one step of cleaning up after an error that is being reported."""
        self.attempt([], step, *arguments)


def _munmap_quietly(kernel: Kernel, address: int, size_bytes: int) -> None:
    with suppress(OSError):
        kernel.munmap(address, size_bytes)


class _Pointer:
    """The address of parameters for the time of a call."""

    def __init__(self, params: Struct | bytearray | None) -> None:
        data = params.data if isinstance(params, Struct) else params
        self.size_bytes = len(data) if data else 0
        self._held = (ctypes.c_ubyte * self.size_bytes).from_buffer(data) if data else None
        self.address = ctypes.addressof(self._held) if self._held is not None else 0

    def __enter__(self) -> _Pointer:
        return self

    def __exit__(self, *_: object) -> None:
        self._held = None
