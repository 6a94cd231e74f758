"""Doorbells for buses whose registers cannot be mapped: native code leaves tokens, a thread writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from barewire.errors import TransportError
from barewire.native._native import ffi, lib

TOKENS_AT_ONCE = 64
CLOSE_WAIT_S = 5.0  # for a write that is under way
SETTLED = 0xFFFFFFFF  # no token: everything that was left before it has been carried
LONGEST_SLEEP_NS = 3600 * 1_000_000_000  # a bell that is closed wakes its thread at once


class CarriedDoorbell:
    """A `Doorbell` without an address: `write` is called with each token, in order, by a thread of its own.

    Attributes:
        address: 0, there is none.
        bell: the native bell as a number.
        failures: what `write` raised; the device never saw those tokens.

    Raises:
        TransportError: there is no memory for the bell.
    """

    address = 0

    def __init__(self, write: Callable[[int], None], name: str) -> None:
        self._native = lib.bw_bell_new()
        if self._native == ffi.NULL:
            raise TransportError("no memory for a doorbell", bus=name)
        self.bell = int(ffi.cast("uintptr_t", self._native))
        self.failures: list[Exception] = []
        self._write = write
        self._settling = threading.Lock()
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._carry, name=f"doorbell of {name}", daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        tokens = ffi.new("uint32_t[]", TOKENS_AT_ONCE)
        while True:
            count = lib.bw_bell_answer(self._native, tokens, TOKENS_AT_ONCE, LONGEST_SLEEP_NS)
            if count < 0:
                return
            for token in tokens[0:count]:
                if token == SETTLED:
                    self._settled.set()
                    continue
                try:
                    self._write(token)
                except Exception as error:  # a bus that is closing; the next token may still get through
                    self.failures.append(error)

    def ring(self, token: int) -> None:
        """Ring from Python, as native code does."""
        if self.bell:
            lib.bw_bell_ring(self._native, token)

    def settle(self, timeout_s: float = 1.0) -> bool:
        """Wait until the device has got every token that was left so far; False if it has not in time."""
        with self._settling:
            if not self.bell or threading.current_thread() is self._thread:
                return False
            self._settled.clear()
            lib.bw_bell_ring(self._native, SETTLED)
            return self._settled.wait(timeout_s)

    def close(self) -> None:
        """Stop carrying; what was not carried is dropped. A second time is nothing."""
        if not self.bell:
            return
        self.bell = 0
        lib.bw_bell_close(self._native)
        self._settled.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_WAIT_S)
            with self._settling:  # who rings there has done so
                if not self._thread.is_alive():  # a bell that its thread still looks at stays
                    lib.bw_bell_free(self._native)
