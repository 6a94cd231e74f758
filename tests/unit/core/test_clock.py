"""The GPU's clock as the usermode page shows it: two words, of which the low one counts in steps."""

from __future__ import annotations

import ctypes

from barewire.native._native import lib


def test_the_clock_is_made_of_both_words_without_the_bits_that_do_not_count(device, monkeypatch):
    words = (ctypes.c_uint32 * 2)(0xFFFFFFFF, 0x12345678)
    monkeypatch.setattr(device.rm, "clock_address", ctypes.addressof(words))

    assert device.gpu_time_ns == 0x12345678_FFFFFFE0


def test_a_clock_whose_high_word_moves_meanwhile_is_read_again(device, monkeypatch):
    words = (ctypes.c_uint32 * 2)(0xFFFFFFE0, 1)
    address, read, looks = ctypes.addressof(words), lib.bw_read32, []

    class Carrying:
        """The low word wraps, and carries, just after it was read."""

        def __getattr__(self, name: str):
            return getattr(lib, name)

        def bw_read32(self, at: int) -> int:
            value = read(at)
            looks.append(at - address)
            if looks == [4, 0]:
                words[0], words[1] = 0x20, 2
            return int(value)

    monkeypatch.setattr("barewire.device.gpu.lib", Carrying())
    monkeypatch.setattr(device.rm, "clock_address", address)

    assert device.gpu_time_ns == 2 << 32 | 0x20
    assert looks == [4, 0, 4, 4, 0, 4]
