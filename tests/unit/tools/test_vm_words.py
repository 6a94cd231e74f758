"""The words of `barewire vm`: sizes, buffers, roots, places by name."""

from __future__ import annotations

import pytest
from barewire.memory.formats import Aperture, TablePointer
from barewire.tools import vm_words
from barewire.tools.vm_words import Buffer, WrongWord
from vm_tables import GIB, KIB, MIB, REGIONS


@pytest.mark.parametrize(
    "text, size",
    [
        ("4096", 4096), ("0x1000", 4096), ("4K", 4096), ("64k", 65536), ("2MiB", 2 * MIB), ("1G", GIB),
        ("8GB", 8 * GIB),
    ],
)  # fmt: skip
def test_a_size_is_a_number_with_or_without_a_unit(text, size):
    assert vm_words.size(text) == size


@pytest.mark.parametrize("text", ["", "K", "4X", "-1", "4 K", "1.5M", "0x"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(WrongWord):
        vm_words.size(text)


def test_a_buffer_says_its_size_and_in_any_order_the_rest():
    assert vm_words.buffer("3M") == Buffer("3M", 3 * MIB)
    text = "4M:ro:host:64K:privileged:noatomics:kind=pitch@0x2000000000"
    assert vm_words.buffer(text) == Buffer(
        text, 4 * MIB, 64 * KIB, "host", read_only=True, flags=frozenset({"privileged", "noatomics"}),
        kind="pitch", gpu_va=0x20_0000_0000,
    )  # fmt: skip
    assert vm_words.buffer("1G:sparse:2M").sparse


@pytest.mark.parametrize(
    "text",
    [
        "", "host", "4M:4K:64K", "4M:host:video", "4M:ro:rw", "4M:wet", "0", "4M@", "4M@x",
        "4M:kind=a:kind=b",
    ],
)  # fmt: skip
def test_a_buffer_that_makes_no_sense_is_refused(text):
    with pytest.raises(WrongWord):
        vm_words.buffer(text)


def test_a_root_is_in_video_or_host_memory_at_a_page():
    assert vm_words.pointer("video:0x3000") == TablePointer(Aperture.VIDEO, 0x3000)
    assert vm_words.pointer("host:8192").aperture is Aperture.HOST
    for wrong in ("0x3000", "video", "video:0x3001", "peer:0", "video:here"):
        with pytest.raises(WrongWord):
            vm_words.pointer(wrong)


@pytest.mark.parametrize(
    "text, gpu_va",
    [
        ("0x12345", 0x12345), ("12", 12), ("staging", 0x30000), ("Staging+0x10", 0x30010),
        ("stag + 4K", 0x31000), ("compute queue: USERD", 0x12000), ("userd+8", 0x12008),
        ("copy queue", 0x20000), ("copy queue: ring", 0x20000),
    ],
)  # fmt: skip
def test_an_address_is_a_number_or_a_name(text, gpu_va):
    assert vm_words.place(text, REGIONS) == gpu_va


@pytest.mark.parametrize(
    "text, says", [("ring", "several"), ("queue", "several"), ("heap", "nothing"), ("", "several")]
)
def test_a_name_of_nothing_or_of_several_things_is_refused_with_what_there_is(text, says):
    with pytest.raises(WrongWord, match=says) as refused:
        vm_words.place(text, REGIONS)

    assert "compute queue" in refused.value.hint
