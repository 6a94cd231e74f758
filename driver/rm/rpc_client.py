"""One RM client over RPC: its objects live in the resource manager that runs on GSP.

It has what objects need of `client.Client`, so that channels and groups are the same code on both.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/{client,device}.c (handles, who is whose parent).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from barewire.abi.layout import Abi, Struct
from barewire.errors import (
    BarewireError,
    Freed,
    RmError,
    RpcError,
    RpcTimeout,
    TransportError,
)
from barewire.process import check_same_process
from barewire.rm import names
from barewire.rm.client import RmObject

CLIENT_HANDLE = 0xC1D00000
DEVICE_HANDLE = 0xDE1D0000
SUBDEVICE_HANDLE = 0x5D1D0000
FIRST_HANDLE = 0x0B000001
GONE = ("NV_ERR_OBJECT_NOT_FOUND", "NV_ERR_INVALID_OBJECT_HANDLE", "NV_ERR_INVALID_OBJECT")
NO_PROCESS = 0xFFFFFFFF  # the client is no process of an operating system that GSP knows


class Rpc(Protocol):
    """Calls to the resource manager on GSP, as `gsp.rpc.GspRpc` makes them; `params` is read and written."""

    def alloc(self, client: int, parent: int, handle: int, class_id: int, params: Struct | None) -> None:
        """Make an object."""
        ...

    def control(
        self, client: int, handle: int, number: int, params: Struct | None, *, within_s: float = 0.0
    ) -> None:
        """One control; it may take so long if that is longer than for other calls."""
        ...

    def free(self, client: int, handle: int) -> None:
        """Free an object and what is below it."""
        ...


class RpcClient:
    """See the module.

    Attributes:
        rpc: what carries the calls.
        abi: structures of the firmware that answers.
        handle, device, subdevice: handles of the client itself and these two.
        objects: what exists now.
        silence: the error of the last call if GSP did not answer it. Then nothing is freed by calls: each
            would wait as long. What is owed is freed once GSP answers again, or goes with the last reset.
    """

    def __init__(self, rpc: Rpc, abi: Abi) -> None:
        self.rpc = rpc
        self.abi = abi
        self.pid = os.getpid()
        self.handle = CLIENT_HANDLE
        self.device = DEVICE_HANDLE
        self.subdevice = SUBDEVICE_HANDLE
        self.closed = False
        self.objects: dict[int, RmObject] = {}
        self.silence: BarewireError | None = None
        self._lock = threading.RLock()
        self._next_handle = FIRST_HANDLE
        self._owed: dict[int, list[Callable[[], None]]] = {}
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
        try:
            self._call(self.rpc.alloc, self.handle, parent, chosen, class_id, params)
        except RmError:
            raise
        except BaseException:
            with self._lock:
                self._owed[chosen] = []  # it may be there all the same
            raise
        with self._lock:
            self.objects[chosen] = RmObject(chosen, parent, class_id)
        return chosen

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
        for below in [known.handle for known in list(self.objects.values()) if known.parent == handle]:
            self._forget(below)

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

    def _call(self, call: Callable[..., None], *arguments: Any) -> None:
        """One call, and whether it was answered."""
        try:
            call(*arguments)
        except (RpcTimeout, TransportError) as error:
            self.silence = error
            raise
        except RmError:
            self.silence = None
            raise
        self.silence = None
        if self._owed:
            self._pay()

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
