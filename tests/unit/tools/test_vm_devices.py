"""`barewire vm` on a software GPU that has computed: what is where, by name, and whether it is right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import barewire
import numpy as np
import pytest
from barewire.device.regions import regions_of
from barewire.errors import PermissionMissing
from barewire.memory.formats import TablePointer
from barewire.tools import vm_map
from barewire.tools.exits import Exit

pytestmark = pytest.mark.software_gpu

KIB, MIB = 1 << 10, 1 << 20
WINDOW = 0x10FD40  # NV_XAL_EP_BAR0_WINDOW
DOCUMENT = Path(__file__).parents[3] / "docs" / "vm.md"


@pytest.fixture(scope="module")
def dev():
    """A device with arrays, code, staging memory and both queues."""
    with barewire.open("soft:gh100") as made:
        kernels = barewire.kernels.load(made, "binary")
        x = made.array(np.arange(5000, dtype=np.float32))
        large = made.zeros(9 * MIB, np.uint8)
        pinned = made.pinned(3000, np.float32)
        made.synchronize()
        made.kept["of the test"] = (kernels, x, large, pinned)
        yield made


class KeptOpen:
    """A device that a command does not close."""

    def __init__(self, dev):
        self._dev = dev

    def __getattr__(self, name):
        return getattr(self._dev, name)

    def close(self):
        pass


@pytest.fixture
def vm(dev, opens, barewire_command):
    """`barewire vm` on the device."""
    opens(lambda device=None, **options: KeptOpen(dev))
    return lambda *words: barewire_command("vm", *words, "--device", "soft:gh100")


def named(rows) -> dict:
    return {row["what"]: row for row in rows}


def test_everything_that_a_device_has_mapped_has_a_name(vm):
    rows = vm("map", "--json").data["ranges"]

    wanted = {
        "compute queue", "compute queue, in host memory", "copy queue", "copy queue, in host memory",
        "staging", "arrays", "compute queue, main context", "compute queue, patch buffer",
        "contexts, page pool", "contexts, access map",
    }  # fmt: skip
    assert wanted <= set(named(rows))
    assert all(row["what"] for row in rows)


def test_the_parts_of_queues_and_blocks_are_told(vm, dev):
    rows = vm("map", "--json").data["ranges"]

    queue = [part["what"] for part in named(rows)["compute queue"]["parts"]]
    assert queue == ["GPFIFO ring", "USERD", "pushbuffers", "launch slots"]
    arrays = [part["what"] for row in rows if row["what"] == "arrays" for part in row.get("parts", [])]
    assert "array" in arrays and any(name.startswith("code of binary") for name in arrays)


def test_the_map_agrees_with_the_driver_s_own_records(vm, dev):
    rows = vm("map", "--json").data["ranges"]

    covered = {row["what"]: 0 for row in rows}
    for row in rows:
        covered[row["what"]] += row["size_bytes"]
    for region in regions_of(dev):
        same_name = sum(other.size_bytes for other in regions_of(dev) if other.name == region.name)
        assert covered[region.name] >= same_name


def test_rings_and_contexts_say_what_they_should(vm):
    rows = named(vm("map", "--json").data["ranges"])

    assert rows["contexts, access map"]["attributes"]["read_only"]
    assert rows["contexts, access map"]["attributes"]["privileged"]
    assert rows["compute queue, in host memory"]["memory"]["aperture"] == "host"
    assert rows["compute queue, in host memory"]["attributes"]["volatile"]
    assert rows["compute queue"]["pages"] == {"count": 1, "size_bytes": 2 * MIB}


def test_a_walk_by_name_ends_where_the_driver_put_it(vm, dev):
    shown = vm("walk", "compute queue: USERD+0x8c", "copy queue", "--json")

    first, second = shown.data["walks"]
    video = dev.compute.parts.video.extents[0].address
    assert shown.code == Exit.OK
    assert int(first["memory"]["address"], 16) == video + 0x208C
    assert first["what"] == "compute queue: USERD+0x8c"
    assert second["what"] == "copy queue: GPFIFO ring"


def test_a_walk_to_where_nothing_is_says_so_by_its_exit_code(vm):
    assert vm("walk", "0x5000").code == Exit.FINDING
    assert vm("walk", hex(1 << 57)).code == Exit.USAGE


@pytest.mark.parametrize("space", ["device", "own", "rm"])
@pytest.mark.parametrize(
    "buffer, expected",
    [
        ("4M:64K", (64 * KIB, "video", False)),
        ("256K:4K:host:ro", (4 * KIB, "host", True)),
        ("2M:64K:host", (64 * KIB, "host", False)),
        ("4M:2M@0x2000000000", (2 * MIB, "video", False)),
    ],
)
def test_a_buffer_is_mapped_as_it_was_asked_for_and_gone_afterwards(vm, dev, space, buffer, expected):
    before = dict(dev.space.mappings), dev.rm.free_vram_bytes()
    rows = vm("map", "--space", space, "--map", buffer, "--json").data["ranges"]

    found = [row for row in rows if row["what"] == "buffer 0"]
    said = {
        (row["pages"]["size_bytes"], row["memory"]["aperture"], row["attributes"]["read_only"])
        for row in found
    }
    assert said == {expected}
    if "@" in buffer:
        assert found[0]["gpu_va"] == "0x02000000000"
    assert (dict(dev.space.mappings), dev.rm.free_vram_bytes()) == before


def test_a_buffer_of_ours_may_say_anything_that_entries_can(vm):
    words = ("--map", "64K:4K:kind=pitch:privileged:noatomics:volatile", "--map", "2M:sparse")
    rows = named(vm("map", *words, "--json").data["ranges"])

    told = rows["buffer 0"]["attributes"]
    assert told == {
        "kind": "pitch", "read_only": False, "privileged": True, "volatile": True, "atomics": False
    }  # fmt: skip
    assert rows["buffer 1"]["memory"] is None


@pytest.mark.parametrize("buffer", ["64K:kind=pitch", "64K:privileged", "1M:volatile:noatomics"])
def test_what_rm_s_tables_are_not_asked_for_here_is_refused(vm, buffer):
    shown = vm("map", "--space", "rm", "--map", buffer)

    assert shown.code == Exit.USAGE and "--space own" in shown.err


@pytest.mark.parametrize("space", ["device", "own", "rm"])
def test_the_tables_are_what_the_builder_makes(vm, space):
    words = ("--map", "4M:64K", "--map", "300K:4K:host:ro", "--map", "6M")
    shown = vm("diff", "--space", space, *words, "--json")

    assert shown.code == Exit.OK
    assert shown.data["equal"] and shown.data["differences"] == []
    assert shown.data["entries"] == sum(row["entries"] for row in shown.data["by_level"]) > 100


def test_a_wrong_bit_in_a_table_is_told_by_name(vm, dev):
    """The bit that makes a page read-only, in the entry of the compute queue's page."""
    step = dev.space.walk(dev.compute.memory.video_va).steps[-1]
    at = step.index * step.level.entry_bytes
    place = TablePointer(step.table.aperture, step.table.address)
    store = dev.rm.memory.table_store
    right = store.read(place, at, 8)
    store.write(place, at, (int.from_bytes(right, "little") ^ 1 << 5).to_bytes(8, "little"))
    try:
        shown = vm("diff", "--json")
        text = vm("diff")
    finally:
        store.write(place, at, right)

    (row,) = shown.data["differences"]
    assert shown.code == text.code == Exit.FINDING
    assert (row["fields"], row["level"], row["index"]) == (["read only"], "PD0", step.index)
    assert "read only" in text.out and "1 difference" in text.out
    assert set(row) <= set(re.findall(r"`(\w+)`", DOCUMENT.read_text()))
    assert vm("diff").code == Exit.OK


def test_a_program_saves_maps_that_the_command_line_compares(dev, barewire_command, tmp_path):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    vm_map.save(dev, before)
    extra = dev.pinned(4 * MIB, np.uint8)
    vm_map.save(dev, after)
    extra.free()
    dev.collect()

    shown = barewire_command("vm", "diff", before, after, "--json")
    assert shown.code == Exit.FINDING
    assert sum(row["size_bytes"] for row in shown.data["changes"]) == 4 * MIB
    assert {row["change"] for row in shown.data["changes"]} == {"added"}
    assert json.loads(before.read_text())["device"] == "soft:gh100"


def test_the_root_of_a_booted_device_leads_to_the_same_map(barewire_command):
    root = "video:0x0"
    words = ("--device", "soft:gh100", "--json")
    by_root = barewire_command("vm", "map", "--root", root, "--booted", *words).data
    by_name = barewire_command("vm", "map", *words).data

    assert by_name["root"] == {"aperture": "video", "address": "0x00000000000"}
    assert by_root["mapped_bytes"] == by_name["mapped_bytes"] and by_root["tables"] == by_name["tables"]


def test_a_gpu_that_was_not_booted_is_read_through_a_window_that_stays_where_it_was(
    barewire_command, monkeypatch
):
    from barewire.transport.soft import SoftBus

    seen = []
    opened = SoftBus.open

    def remember(settings):
        bus = opened(settings)
        before = bus.bars[0].read32(WINDOW)
        close = bus.close

        def close_it():
            seen.append((before, bus.bars[0].read32(WINDOW)))
            close()

        bus.close = close_it
        return bus

    monkeypatch.setattr(SoftBus, "open", remember)
    shown = barewire_command("vm", "map", "--device", "soft:gh100", "--root", "video:0x40000000", "--json")

    assert shown.code == Exit.OK and shown.data["gpu"].startswith("GH100")
    assert seen and seen[0][0] == seen[0][1]


@pytest.mark.parametrize("words", [["map"], ["walk", "compute queue"], ["diff"]], ids=lambda words: words[0])
def test_looking_is_nothing_that_hardware_leaves_undefined(barewire_command, words):
    shown = barewire_command("vm", *words, "--map", "1M:64K:host", "--sanitize")

    assert shown.code == Exit.OK and shown.err == "sanitizer: nothing found\n"


def keys_of(document) -> set[str]:
    """Every key of a JSON document."""
    if isinstance(document, list):
        return {key for each in document for key in keys_of(each)}
    if not isinstance(document, dict):
        return set()
    return {*document, *(key for each in document.values() for key in keys_of(each))}


def test_every_key_of_every_document_is_described(vm, dev, tmp_path):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    vm_map.save(dev, before)
    after.write_text(before.read_text().replace('"read_only": true', '"read_only": false'))
    documents = [
        vm("map", "--map", "2M:sparse", "--json"), vm("map", "--tables", "--json"),
        vm("walk", "staging", "--fields", "--json"), vm("diff", "--json"),
        vm("diff", before, after, "--json"),
    ]  # fmt: skip

    said = set(re.findall(r'[`"](\w+)[`"]', DOCUMENT.read_text()))
    assert set().union(*(keys_of(shown.data) for shown in documents)) <= said


@pytest.mark.parametrize("words", [["map"], ["walk", "0x1000"], ["diff"]], ids=lambda words: words[0])
def test_a_device_that_does_not_show_its_tables_says_who_may_see_them(opens, dev, barewire_command, words):
    def refuse(*args):
        raise PermissionMissing("RM does not show its page tables to this process", hint="Run it as root.")

    class Shy(KeptOpen):
        space = type("Space", (), {"__getattr__": lambda _, name: getattr(dev.space, name)})()

    for name in ("walk", "tree", "compare"):
        setattr(Shy.space, name, refuse)
    opens(lambda device=None, **options: Shy(dev))
    shown = barewire_command("vm", *words, "--device", "soft:gh100")

    assert shown.code == Exit.NOT_READY
    assert "as root" in shown.err and shown.out == ""
