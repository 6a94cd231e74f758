"""Page tables of our own in front of a copy engine: random layouts, every byte of them, forbidden accesses.

The tables are checked by a reader that shares nothing with the driver before RM is told of their root, and
after every change; see `rig.py`. On silicon the forbidden accesses are Xid 31 on channels of our own, one
after the other.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from barewire.errors import PermissionMissing
from barewire.memory.formats import TablePointer
from barewire.memory.space import AddressSpace

from tests.common.devices import FULL
from tests.pagetables import own_faults
from tests.pagetables.independent_walk import BadTables, Leaf
from tests.pagetables.layouts import HUGE, KIB, MIB, SMALL, Map, Remap, Rules, Spot, plan
from tests.pagetables.rig import FIRST_VA, START_VA, Memories, Rig, WrongBytes, WrongTables

COUNT, FULL_COUNT = 15, 400  # layouts of one kind
PER_SPACE = 3  # layouts in one address space, after each other
WIDTHS = (40, 49, 57)  # bits of addresses: of a GPFIFO entry, of earlier chips, of the copy engine's methods
END_VA = 1 << 40
DELIBERATE = ()


@pytest.fixture(scope="module")
def memories(dev: Any) -> Iterator[Memories]:
    try:
        dev.page_tables().close()
        made = Memories(dev)
    except PermissionMissing as missing:
        pytest.skip(missing.message)
    yield made
    made.close()


@pytest.fixture
def rig(dev: Any, memories: Memories) -> Iterator[Rig]:
    made = Rig(dev, memories, END_VA)
    yield made
    made.close()


# ---- layouts


@pytest.mark.parametrize("bits", WIDTHS)
def test_copies_through_random_layouts_of_our_own_tables_move_every_byte_rightly(
    dev: Any, memories: Memories, bits: int, record_property: Callable[[str, object], None]
) -> None:
    rules = Rules(FIRST_VA, 1 << bits, sparse=False)
    done = run_layouts(dev, memories, rules, first_seed=1000 * bits, count=FULL_COUNT if FULL else COUNT)
    for name, number in done.items():
        record_property(name, number)


def test_sparse_ranges_read_as_zeros_and_ignore_writes(dev: Any, memories: Memories) -> None:
    run_layouts(dev, memories, Rules(FIRST_VA, END_VA), first_seed=90_000, count=COUNT)


def run_layouts(dev: Any, memories: Memories, rules: Rules, first_seed: int, count: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for first in range(first_seed, first_seed + count, PER_SPACE):
        with Rig(dev, memories, rules.end_va) as rig:
            for seed in range(first, first + PER_SPACE):
                rig.run(plan(seed, rules))
            done += rig.counts
    return done


def test_the_driver_reads_its_own_tables_as_the_other_reader_does(rig: Rig) -> None:
    rig.change(plan(5, Rules(FIRST_VA, END_VA)).rounds[0].changes)

    leaves = rig.expect_tables()
    assert len(leaves) > 20
    assert [leaf_of(found) for found in rig.tables.pages()] == leaves
    compared = rig.tables.compare()
    assert compared.equal
    assert compared.entries > len(leaves)


def leaf_of(found: Any) -> Leaf:
    """A page as the driver's walker tells it, in the words of the other one."""
    if found.leaf is None:
        return Leaf(found.gpu_va, found.page_bytes, "sparse", 0, False)
    attributes = found.leaf.attributes
    return Leaf(
        found.gpu_va, found.page_bytes, attributes.aperture.value, found.leaf.address, attributes.read_only
    )


# ---- what they forbid


@pytest.mark.parametrize("fault", own_faults.FAULTS, ids=[fault.name for fault in own_faults.FAULTS])
def test_a_forbidden_access_faults_at_its_address_and_a_new_space_works(
    dev: Any, fault: own_faults.Fault, well_afterwards: None
) -> None:
    outcome = own_faults.play(dev, fault)

    facts = getattr(outcome.error, "facts", {})
    assert own_faults.problems(fault, own_faults.classes_of(outcome.error), facts) == []
    assert outcome.wrong == ()
    data = np.arange(1000)
    np.testing.assert_array_equal(dev.array(data).numpy(), data)


# ---- what is caught before or after the engine works

PLAIN = Spot(FIRST_VA, 16 * KIB, SMALL, 0)
OTHER = Spot(FIRST_VA + 4 * MIB, 16 * KIB, SMALL, 3)


def test_an_entry_that_leads_to_memory_of_others_is_found_before_rm_is_told(rig: Rig) -> None:
    rig.change([Map(PLAIN)])
    table, index = small_table_of(rig, PLAIN.gpu_va)
    word = struct.unpack("<Q", rig.tables.reader.read(table, 8 * index, 8))[0]
    write_word(rig, table, index, word ^ 1 << 30)

    with pytest.raises(BadTables, match="no page of ours"):
        rig.expect_tables()
    assert rig.space is None
    write_word(rig, table, index, word)
    rig.expect_tables()


def test_an_entry_of_our_memory_that_nobody_asked_for_is_found_too(rig: Rig) -> None:
    rig.change([Map(PLAIN)])
    table, index = small_table_of(rig, PLAIN.gpu_va)
    word = struct.unpack("<Q", rig.tables.reader.read(table, 8 * index, 8))[0]
    write_word(rig, table, index + 9, word)

    with pytest.raises(WrongTables, match=f"{PLAIN.gpu_va + 9 * SMALL}"):
        rig.expect_tables()
    write_word(rig, table, index + 9, 0)


def small_table_of(rig: Rig, gpu_va: int) -> tuple[TablePointer, int]:
    places = {(place.level, place.gpu_va): table for place, table in rig.tables.places().items()}
    return places["PT 4 KiB", gpu_va & -HUGE], gpu_va % HUGE // SMALL


def write_word(rig: Rig, table: TablePointer, index: int, word: int) -> None:
    store: Any = rig.tables.reader
    store.write(table, 8 * index, struct.pack("<Q", word))
    store.fence()


def test_a_remap_that_nobody_invalidated_is_seen_in_the_bytes() -> None:
    """On a software GPU alone, with no sanitizer, which would tell of it first."""
    import barewire as bw

    with bw.open("soft:gh100") as dev, Memories(dev) as memories:
        forgetful = AddressSpace(dev.rm.memory, START_VA, END_VA, invalidate=lambda what: None)
        rig = Rig(dev, memories, END_VA)
        rig.tables.close()
        rig.tables = forgetful
        memories.fill(1)
        rig.change([Map(PLAIN), Map(OTHER)])
        rig.start()
        rig.copy(PLAIN.gpu_va, OTHER.gpu_va, PLAIN.size_bytes)
        rig.channel.synchronize()
        memories.expect_right("before")
        rig.change([Remap(PLAIN, PLAIN._replace(offset=64 * KIB))])
        rig.expect_tables()
        rig.copy(PLAIN.gpu_va, OTHER.gpu_va, PLAIN.size_bytes)
        rig.channel.synchronize()

        with pytest.raises(WrongBytes, match="bytes of Stock"):
            memories.expect_right("afterwards")
        rig.close()
