"""`barewire vm --root`: tables at any place in a file, and words that do not go together."""

from __future__ import annotations

import pytest
from barewire.memory.formats import GMMU_V2, GMMU_V3, Aperture, TablePointer
from barewire.tools import vm_root
from barewire.tools.exits import Exit
from table_memory import Bench
from vm_tables import HOST, put


@pytest.fixture
def image(tmp_path):
    """A file with the memory of a bench, from an address on."""

    def write(bench: Bench, base: int = 0, end: int | None = None) -> str:
        path = tmp_path / "memory.bin"
        path.write_bytes(bytes(bench.window.bytes[base:end]))
        return f"image:{path}" + (f"@{base:#x}" if base else "")

    return write


def root_of(bench: Bench) -> str:
    return f"video:{bench.tables.root.address:#x}"


@pytest.mark.parametrize("form, family", [(GMMU_V2, "ampere"), (GMMU_V3, "hopper")], ids=["ampere", "hopper"])
def test_tables_in_a_file_are_read_from_any_root(barewire_command, image, form, family):
    bench = Bench(form)
    put(bench, 0x10_0000_0000, 0x80000, 4, attributes=HOST)
    words = ("--device", image(bench), "--root", root_of(bench), "--format", family)

    shown = barewire_command("vm", "map", *words, "--json").data
    walk_found = barewire_command("vm", "walk", "0x1000001234", *words, "--json")
    assert [(row["gpu_va"], row["size_bytes"]) for row in shown["ranges"]] == [("0x01000000000", 16384)]
    assert shown["format"] == form.name
    assert walk_found.data["walks"][0]["memory"] == {"aperture": "host", "address": "0x00000081234"}
    assert walk_found.code == Exit.OK
    assert barewire_command("vm", "walk", "0x1000004000", *words).code == Exit.FINDING


def test_a_file_may_begin_at_some_address_of_memory(barewire_command, image):
    bench = Bench()
    bench.store.allocate(4096)
    put(bench, 0x10000, 0x80000, 4)
    words = ("--root", root_of(bench), "--format", "hopper", "--json")

    device = image(bench, base=bench.tables.root.address)
    assert len(barewire_command("vm", "map", "--device", device, *words).data["ranges"]) == 1


def test_a_table_that_is_not_in_the_file_counts_as_empty_and_is_told(barewire_command, image):
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    last = max(table.page.address for table in bench.tables.tables())
    device = image(bench, end=last)
    shown = barewire_command(
        "vm", "map", "--device", device, "--root", root_of(bench), "--format", "hopper", "--json"
    )

    assert shown.code == Exit.OK and shown.data["ranges"] == []
    assert f"video {last:#x} cannot be read" in shown.data["notes"][0]


def test_what_is_no_directory_does_not_keep_a_map_for_ever(barewire_command, image, monkeypatch):
    monkeypatch.setattr(vm_root, "MOST_READS", 5000)
    bench = Bench()
    at = bench.tables.root.address
    word = GMMU_V3.pde.encode(TablePointer(Aperture.VIDEO, at))
    bench.window.bytes[at : at + 4096] = word.to_bytes(8, "little") * 512
    shown = barewire_command(
        "vm", "map", "--device", image(bench), "--root", root_of(bench), "--format", "hopper"
    )

    assert shown.code == Exit.USAGE and "no page directory" in shown.err


@pytest.mark.parametrize(
    "words, code",
    [
        (["map", "--root", "0x1000"], Exit.USAGE),
        (["map", "--root", "video:0x1000", "--format", "voodoo", "--device", "image:{file}"], Exit.USAGE),
        (["map", "--root", "video:0x1000", "--device", "image:{file}"], Exit.USAGE),
        (
            ["map", "--root", "video:0x100000000", "--format", "hopper", "--device", "image:{file}"],
            Exit.USAGE,
        ),
        (["map", "--root", "host:0x0", "--format", "hopper", "--device", "image:{file}"], Exit.USAGE),
        (["map", "--root", "video:0x0", "--map", "4K", "--device", "image:{file}"], Exit.USAGE),
        (["map", "--root", "video:0x0", "--format", "hopper", "--device", "image:no-such-file"], Exit.INPUT),
        (["map", "--root", "video:0x0", "--format", "hopper", "--device", "image:{file}@x"], Exit.USAGE),
        (["map", "--root", "video:0x0", "--device", "vfio:0000:01:00.0"], Exit.NOT_READY),
        (["map", "--root", "video:0x0", "--device", "nv:0"], Exit.NOT_READY),
        (["map", "--device", "image:{file}"], Exit.USAGE),
        (["map", "--format", "hopper"], Exit.USAGE),
        (["map", "--booted"], Exit.USAGE),
        (["map", "--start", "0x2000", "--end", "0x1000"], Exit.USAGE),
        (["map", "--start", "here"], Exit.USAGE),
        (["map", "--map", "wet"], Exit.USAGE),
        (["walk"], Exit.USAGE),
        (["walk", "0x1000", "--root", "video:0x0", "--space", "own"], Exit.USAGE),
        (["diff", "{file}"], Exit.USAGE),
        (["diff", "{file}", "{file}", "--map", "4K"], Exit.USAGE),
        (["diff", "--no-addresses"], Exit.USAGE),
        (["diff", "{file}", "{file}"], Exit.INPUT),
        (["diff", "no-such-file", "{file}"], Exit.INPUT),
        ([], Exit.USAGE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.name,
)
def test_words_that_do_not_go_together_are_refused(barewire_command, tmp_path, words, code):
    file = tmp_path / "file"
    file.write_bytes(bytes(1 << 16))
    shown = barewire_command("vm", *(word.format(file=file) for word in words))

    assert shown.code == code
    assert shown.out == "" and "Traceback" not in shown.err
