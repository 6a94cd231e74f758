"""The software GPU's page walker, TLB and invalidations."""

from __future__ import annotations

import random

import pytest
from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.mmu import Access, Aperture, Depth, FaultType, PageFault, Pdb
from barewire.softgpu.page_tables import V2, V2_TURING, V3, Walker
from page_builder import Page, PageBuilder, directory, leaf

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SIZES = (4 * KIB, 64 * KIB, 2 * MIB, 512 * MIB)
VA = 0x40_0000_0000


@pytest.fixture
def tables(gpu) -> PageBuilder:
    """Tables of version 3 in the GPU's video memory."""
    return PageBuilder(3, gpu.vram.write)


def walker_of(version: int) -> tuple[PageBuilder, Walker]:
    memory = bytearray(16 * MIB)

    def write(offset: int, data: bytes) -> None:
        memory[offset : offset + len(data)] = data

    def read(aperture: Aperture, address: int, size_bytes: int) -> bytes:
        assert aperture is Aperture.VRAM
        return bytes(memory[address : address + size_bytes])

    return PageBuilder(version, write), Walker({2: V2, 3: V3}[version], read)


# Entries that the resource manager wrote on an H100: (table, index, words).
RECORDED = (
    (0x8000, 0, (0x9012,)),
    (0x9000, 0, (0xA012,)),
    (0xA000, 64, (0xD012,)),
    (0xD000, 0, (0xE012,)),
    (0xE000, 0, (0x7112, 0xF012)),
    (0xE000, 4, (0x8A600681, 0)),
    (0xE000, 5, (0x8A800681, 0)),
    (0xF000, 0, (0x8A5B0681,)),
    (0xF000, 1, (0x8A5B1681,)),
)
RECORDED_VA = 0x1000_0000_0000


def put_recorded(gpu) -> Pdb:
    for table, index, words in RECORDED:
        for at, word in enumerate(words):
            place = table + index * 8 * len(words) + 8 * at
            gpu.vram.write(place, word.to_bytes(8, "little"))
    return Pdb(Aperture.VRAM, 0x8000)


@pytest.mark.parametrize(
    ("within", "address", "page_bytes"),
    [
        (0x0, 0x8A5B0000, 4 * KIB),
        (0x1FFF, 0x8A5B1FFF, 4 * KIB),
        (8 * MIB + 5, 0x8A600005, 2 * MIB),
        (10 * MIB, 0x8A800000, 2 * MIB),
    ],
)
def test_tables_recorded_on_an_h100_lead_where_its_driver_said(gpu, within, address, page_bytes):
    pdb = put_recorded(gpu)

    place = gpu.mmu.translate(pdb, RECORDED_VA + within)

    assert (place.aperture, place.address, place.kind) == (Aperture.VRAM, address, 6)
    assert place.page_bytes == page_bytes
    assert place.size_bytes == page_bytes - place.address % page_bytes
    assert gpu.reports == []


def test_a_walk_shows_every_entry_it_read(gpu):
    walk = gpu.mmu.walk(put_recorded(gpu), RECORDED_VA)

    assert [(step.table, step.entry) for step in walk.steps] == [
        (0x8000, 0), (0x9000, 0), (0xA000, 64), (0xD000, 0), (0xE000, 0), (0x7100, 0), (0xF000, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("page_bytes", SIZES)
def test_every_page_size_translates_from_its_first_byte_to_its_last(version, page_bytes):
    build, walker = walker_of(version)
    build.map(VA + page_bytes, page_bytes, Page(3 * page_bytes))

    for within in (0, page_bytes - 1):
        found = walker.walk(build.pdb, VA + page_bytes + within)
        assert (found.leaf.address, found.leaf.page_bytes) == (3 * page_bytes, page_bytes)
        assert found.notes == ()
    assert walker.walk(build.pdb, VA + page_bytes - 1).fault is not None
    assert walker.walk(build.pdb, VA + 2 * page_bytes).fault is not None


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("flag", ["volatile", "privileged", "read_only"])
def test_a_flag_of_an_entry_is_that_flag_of_the_page(version, flag):
    build, walker = walker_of(version)
    build.map(VA, 4 * KIB, Page(0x5000, **{flag: True}))
    build.map(VA + 4 * KIB, 4 * KIB, Page(0x6000, kind=0))

    flagged, plain = (walker.walk(build.pdb, VA + at * 4 * KIB).leaf for at in (0, 1))

    assert [name for name in ("volatile", "privileged", "read_only") if getattr(flagged, name)] == [flag]
    assert (plain.volatile, plain.privileged, plain.read_only, plain.atomics) == (False, False, False, True)
    assert (flagged.kind, plain.kind) == (6, 0)


@pytest.mark.parametrize("version", [2, 3])
def test_pages_of_host_memory_have_addresses_above_those_of_video_memory(version):
    build, walker = walker_of(version)
    build.map(VA, 4 * KIB, Page(0x7_FFFF_FFFF_F000, aperture=Aperture.COHERENT))
    build.map(VA + 4 * KIB, 4 * KIB, Page(0x5000, aperture=Aperture.NONCOHERENT))

    assert walker.walk(build.pdb, VA).leaf.address == 0x7_FFFF_FFFF_F000
    assert walker.walk(build.pdb, VA + 4 * KIB).leaf.aperture is Aperture.NONCOHERENT


@pytest.mark.parametrize(("version", "high"), [(2, 49), (3, 57)])
def test_an_address_beyond_the_format_is_beyond_the_limit(version, high):
    build, walker = walker_of(version)

    assert walker.walk(build.pdb, 1 << high).fault is FaultType.VA_LIMIT
    assert walker.walk(build.pdb, (1 << high) - 1).fault is FaultType.PDE


def test_turing_has_no_page_of_512_mib():
    build, walker = walker_of(2)
    build.map(VA, 512 * MIB, Page(0))

    assert Walker(V2_TURING, walker._read).walk(build.pdb, VA).fault is FaultType.PDE_SIZE


def test_a_page_too_high_up_is_the_wrong_size_for_its_level(gpu, tables):
    root = tables.table_at(VA, 2)
    gpu.vram.write(root + (VA >> 38 & 0x1FF) * 8, leaf(3, Page(0)).to_bytes(8, "little"))

    assert gpu.mmu.walk(tables.pdb, VA).fault is FaultType.PDE_SIZE


# What an entry that is not valid says about 4 KiB pages beside it: (entry of the big table, where it leads).
BIG_ENTRIES = {
    3: {0: "small", 1 << 3: "sparse", 3 << 3: "fault"},
    2: {0: "small", 1 << 3: "sparse", 1 << 5: "fault"},
}


@pytest.mark.parametrize(
    ("version", "entry", "leads"),
    [(version, entry, leads) for version, rows in BIG_ENTRIES.items() for entry, leads in rows.items()],
)
def test_what_the_big_table_says_goes_before_the_small_one(version, entry, leads):
    build, walker = walker_of(version)
    build.map(VA, 4 * KIB, Page(0x5000))
    build.entry(VA, 64 * KIB, entry)

    walk = walker.walk(build.pdb, VA)

    found = "fault" if walk.leaf is None else walk.leaf.aperture
    assert found == {"small": Aperture.VRAM, "sparse": Aperture.SPARSE, "fault": "fault"}[leads]
    listed = [one for one in walker.leaves(build.pdb) if one.aperture is Aperture.VRAM]
    assert len(listed) == (leads == "small")


def test_a_big_page_hides_small_ones():
    build, walker = walker_of(3)
    build.map(VA, 4 * KIB, Page(0x5000))
    build.map(VA, 64 * KIB, Page(0x10000))

    assert walker.walk(build.pdb, VA).leaf.page_bytes == 64 * KIB
    assert [one.page_bytes for one in walker.leaves(build.pdb)] == [64 * KIB]


@pytest.mark.parametrize("page_bytes", SIZES)
@pytest.mark.parametrize("version", [2, 3])
def test_sparse_addresses_read_zero_and_drop_writes(version, page_bytes):
    build, walker = walker_of(version)
    build.entry(VA, page_bytes, 1 << 3)

    assert walker.walk(build.pdb, VA).leaf.aperture is Aperture.SPARSE


def test_sparse_bytes(gpu, tables):
    tables.map(VA, 4 * KIB, Page(0x40_0000))
    tables.entry(VA + 4 * KIB, 4 * KIB, 1 << 3)

    gpu.mmu.write(tables.pdb, VA + 4 * KIB - 4, b"abcdefgh")

    assert gpu.mmu.read(tables.pdb, VA + 4 * KIB - 4, 8) == b"abcd\0\0\0\0"


REFUSALS = [
    (Page(0x40_0000, privileged=True), Access.READ, FaultType.PRIVILEGE),
    (Page(0x40_0000, read_only=True), Access.WRITE, FaultType.READ_ONLY),
    (Page(0x40_0000, read_only=True), Access.ATOMIC, FaultType.READ_ONLY),
    (Page(0x40_0000, atomics=False), Access.ATOMIC, FaultType.ATOMIC),
    (Page(0x40_0000, aperture=Aperture.PEER), Access.READ, FaultType.UNSUPPORTED_APERTURE),
    (Page(0x40_0000, kind=7), Access.READ, FaultType.UNSUPPORTED_KIND),
    (Page(200 * GIB), Access.READ, FaultType.REGION),
]


@pytest.mark.parametrize(("page", "access", "fault"), REFUSALS)
def test_a_page_refuses_what_its_entry_forbids(gpu, tables, page, access, fault):
    tables.map(VA, 4 * KIB, page)

    with pytest.raises(PageFault) as refused:
        gpu.mmu.translate(tables.pdb, VA + 8, access)

    assert (refused.value.fault_type, refused.value.gpu_va, refused.value.access) == (fault, VA + 8, access)


def test_firmware_may_use_a_privileged_page(gpu, tables):
    tables.map(VA, 4 * KIB, Page(0x40_0000, privileged=True))

    assert gpu.mmu.translate(tables.pdb, VA, privileged=True).address == 0x40_0000


def test_a_protected_region_is_out_of_reach(gpu, tables):
    tables.map(VA, 2 * MIB, Page(4 * MIB))
    gpu.vram.protect(5 * MIB, 6 * MIB)

    place = gpu.mmu.translate(tables.pdb, VA)
    with pytest.raises(PageFault) as refused:
        gpu.mmu.read(tables.pdb, VA, 2 * MIB)

    assert place.size_bytes == MIB
    assert (refused.value.fault_type, refused.value.gpu_va) == (FaultType.REGION, VA + MIB)


def test_neighbouring_pages_make_one_run(gpu, tables):
    for at in range(4):
        tables.map(VA + at * 4 * KIB, 4 * KIB, Page(0x40_0000 + at * 4 * KIB))
    tables.map(VA + 16 * KIB, 4 * KIB, Page(0x80_0000))

    runs = list(gpu.mmu.runs(tables.pdb, VA + 100, 16 * KIB))

    assert [(run.address, run.size_bytes) for run in runs] == [(0x40_0064, 16 * KIB - 100), (0x80_0000, 100)]


def test_host_pages_are_reached_by_dma(gpu, host, tables):
    first, second = host.pages(), host.pages()
    tables.map(VA, 4 * KIB, Page(first.iova, aperture=Aperture.COHERENT))
    tables.map(VA + 4 * KIB, 4 * KIB, Page(second.iova, aperture=Aperture.NONCOHERENT))

    gpu.mmu.write(tables.pdb, VA + 4 * KIB - 3, b"abcdef")

    assert bytes(first.view[-3:]) + bytes(second.view[:3]) == b"abcdef"
    assert gpu.mmu.read(tables.pdb, VA + 4 * KIB - 3, 6) == b"abcdef"


def test_tables_may_be_in_host_memory(gpu, host, tables):
    pages = host.pages()
    tables.map(VA, 4 * KIB, Page(0x40_0000))
    small = tables.tables[-2, VA >> 21]
    pages.view[:] = gpu.vram.read(small, 4096)
    pd0 = tables.table_at(VA, 4)
    word = directory(3, pages.iova, Aperture.COHERENT)
    gpu.vram.write(pd0 + (VA >> 21 & 0xFF) * 16 + 8, word.to_bytes(8, "little"))

    assert gpu.mmu.translate(tables.pdb, VA).address == 0x40_0000


def test_tables_that_the_host_does_not_map_are_a_fault(gpu):
    with pytest.raises(PageFault) as refused:
        gpu.mmu.translate(Pdb(Aperture.COHERENT, 0x1234_5000), VA)

    assert refused.value.fault_type is FaultType.PDE
    assert any(report.kind == "page table" for report in gpu.reports)


def test_a_page_that_the_host_does_not_map_is_refused(gpu, tables):
    tables.map(VA, 4 * KIB, Page(0x6666_0000, aperture=Aperture.COHERENT))

    with pytest.raises(DmaRefused):
        gpu.mmu.read(tables.pdb, VA, 4)


def test_bits_that_mean_nothing_are_reported(gpu, tables):
    tables.entry(VA, 4 * KIB, leaf(3, Page(0x40_0000)) | 1 << 55)

    assert gpu.mmu.translate(tables.pdb, VA).address == 0x40_0000
    assert [report.kind for report in gpu.reports] == ["page table"]


def test_a_page_that_is_not_aligned_to_its_size_is_reported(gpu, tables):
    tables.entry(VA, 2 * MIB, leaf(3, Page(0x41_0000)))

    assert gpu.mmu.translate(tables.pdb, VA).address == 0x40_0000
    assert [report.kind for report in gpu.reports] == ["page table"]


# The TLB.

FORGET_ALL = 1 << 31 | 1 << 1 | 1 << 0


def test_a_changed_entry_counts_only_after_an_invalidation(gpu, regs, tables):
    tables.map(VA, 4 * KIB, Page(0x40_0000))
    before = gpu.mmu.translate(tables.pdb, VA).address
    tables.map(VA, 4 * KIB, Page(0x80_0000))

    stale = gpu.mmu.translate(tables.pdb, VA).address
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"] = FORGET_ALL

    assert (before, stale) == (0x40_0000, 0x40_0000)
    assert gpu.mmu.translate(tables.pdb, VA).address == 0x80_0000


def test_that_there_was_no_page_is_remembered_too(gpu, tables):
    with pytest.raises(PageFault):
        gpu.mmu.translate(tables.pdb, VA)
    tables.map(VA, 4 * KIB, Page(0x40_0000))

    with pytest.raises(PageFault):
        gpu.mmu.translate(tables.pdb, VA)
    gpu.mmu.invalidate(tables.pdb)

    assert gpu.mmu.translate(tables.pdb, VA).address == 0x40_0000


# The level of directories that is replaced; the least invalidation that notices.
REPLACED = {0: Depth.PDE4, 1: Depth.PDE3, 2: Depth.PDE2, 3: Depth.PDE1, 4: Depth.PDE0}


def replace_below(gpu, tables: PageBuilder, depth: int) -> None:
    """Let the entry of one level lead to new tables, in which the page is another."""
    for key in [key for key in tables.tables if key[0] < 0 or key[0] >= depth]:
        del tables.tables[key]
    tables.map(VA, 4 * KIB, Page(0x80_0000))


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("depth", "least"), REPLACED.items())
def test_a_replaced_directory_is_noticed_by_an_invalidation_that_reaches_it(
    gpu, tables, depth, least, targeted
):
    tables.map(VA, 4 * KIB, Page(0x40_0000))
    gpu.mmu.translate(tables.pdb, VA)
    replace_below(gpu, tables, depth)
    address = VA if targeted else None

    gpu.mmu.invalidate(tables.pdb, address, depth=least - 1)
    stale = gpu.mmu.translate(tables.pdb, VA).address
    gpu.mmu.invalidate(tables.pdb, address, depth=least)

    assert stale == 0x40_0000
    assert gpu.mmu.translate(tables.pdb, VA).address == 0x80_0000


def test_a_table_added_where_none_was_is_found_after_any_invalidation(gpu, tables):
    tables.map(VA, 4 * KIB, Page(0x40_0000))
    gpu.mmu.translate(tables.pdb, VA)
    far = VA + 3 * GIB
    with pytest.raises(PageFault):
        gpu.mmu.translate(tables.pdb, far)
    tables.map(far, 4 * KIB, Page(0x80_0000))

    gpu.mmu.invalidate(tables.pdb, depth=Depth.PAGES)

    assert gpu.mmu.translate(tables.pdb, far).address == 0x80_0000


def test_an_invalidation_by_registers_names_its_address_space(gpu, regs):
    spaces = [PageBuilder(3, gpu.vram.write, next_table=at) for at in (0x100000, 0xA0_0000_0000 >> 8)]
    for space in spaces:
        space.map(VA, 4 * KIB, Page(0x40_0000))
        gpu.mmu.translate(space.pdb, VA)
        space.map(VA, 4 * KIB, Page(0x80_0000))

    root = spaces[1].root
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB"] = root >> 8 & 0xFFFFFFF0
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB"] = root >> 40
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"] = 1 << 31 | 1

    assert [gpu.mmu.translate(space.pdb, VA).address for space in spaces] == [0x40_0000, 0x80_0000]


def test_one_address_can_be_forgotten(gpu, tables):
    for at in range(2):
        tables.map(VA + at * 4 * KIB, 4 * KIB, Page(0x40_0000))
        gpu.mmu.translate(tables.pdb, VA + at * 4 * KIB)
        tables.map(VA + at * 4 * KIB, 4 * KIB, Page(0x80_0000))

    gpu.mmu.invalidate(tables.pdb, VA)

    found = [gpu.mmu.translate(tables.pdb, VA + at * 4 * KIB).address for at in range(2)]
    assert found == [0x80_0000, 0x40_0000]


def test_an_invalidation_is_seen_to_end(regs):
    name = "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"
    regs[name] = FORGET_ALL

    assert [regs[name] >> 31 for _ in range(3)] == [1, 0, 0]


def test_stale_translations_are_reported_on_request(make_gpu):
    gpu = make_gpu(check_tlb=True)
    tables = PageBuilder(3, gpu.vram.write)
    tables.map(VA, 4 * KIB, Page(0x40_0000))
    gpu.mmu.translate(tables.pdb, VA)
    tables.map(VA, 4 * KIB, Page(0x80_0000))

    gpu.mmu.translate(tables.pdb, VA)

    assert [report.kind for report in gpu.reports] == ["stale translation"]


def test_an_instance_block_names_its_root(gpu):
    gpu.vram.write(0x9000 + 0x200, (0x12_3456_7000 | 1 << 11 | 1 << 10).to_bytes(8, "little"))
    gpu.vram.write(0xA000 + 0x200, (0x12_3456_7000 | 2).to_bytes(8, "little"))
    gpu.vram.write(0xB000 + 0x200, (1).to_bytes(8, "little"))

    blocks = [gpu.mmu.instance_pdb(Aperture.VRAM, at) for at in (0x9000, 0xA000, 0xB000)]

    assert blocks == [Pdb(Aperture.VRAM, 0x12_3456_7000), Pdb(Aperture.COHERENT, 0x12_3456_7000), None]


# At random.


@pytest.mark.parametrize("version", [2, 3])
def test_walks_and_lists_agree_with_what_was_mapped(version):
    build, walker = walker_of(version)
    chosen = random.Random(version)
    mapped: dict[int, tuple[int, Page]] = {}
    slots = chosen.sample(range(64), 24)  # of 2 MiB, so that sizes do not overlap
    for slot in slots:
        size = chosen.choice(SIZES[:3])
        va = VA + slot * 2 * MIB + chosen.randrange(2 * MIB // size) * size
        page = Page(
            chosen.randrange(1 << 20) * size & (1 << 36) - 1,
            kind=chosen.choice((0, 6)),
            volatile=chosen.random() < 0.5,
            read_only=chosen.random() < 0.5,
        )
        build.map(va, size, page)
        mapped[va] = (size, page)

    listed = {one.gpu_va: one for one in walker.leaves(build.pdb)}

    assert list(listed) == sorted(mapped)
    for va, (size, page) in mapped.items():
        found = walker.walk(build.pdb, va + chosen.randrange(size)).leaf
        assert found == listed[va]
        assert (found.page_bytes, found.address, found.kind) == (size, page.address, page.kind)
        assert (found.volatile, found.read_only) == (page.volatile, page.read_only)


def test_a_list_of_part_of_a_space_has_the_pages_that_touch_it():
    build, walker = walker_of(3)
    for at in range(8):
        build.map(VA + at * 64 * KIB, 64 * KIB, Page(at * 64 * KIB))

    found = [one.address // (64 * KIB) for one in walker.leaves(build.pdb, VA + 100 * KIB, VA + 193 * KIB)]

    assert found == [1, 2, 3]
