"""What VFIO and iommufd take and give: layouts and numbers as the kernel has them; impossible answers."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from barewire.errors import BarewireError, TransportError
from barewire.transport.vfio import abi
from barewire.transport.vfio.abi import ffi
from hypothesis import given, settings
from hypothesis import strategies as st

HEADER = Path("/usr/include/linux/vfio.h")

# Size, and offset of the fields that are not where the one before would put them; by hand from the headers.
SIZES = {
    "vfio_group_status": 8,
    "vfio_iommu_type1_dma_map": 32,
    "vfio_iommu_type1_dma_unmap": 24,
    "vfio_region_info": 32,
    "vfio_irq_info": 16,
    "vfio_irq_set": 20,
    "vfio_pci_hot_reset_info": 12,
    "vfio_pci_dependent_device": 8,
    "vfio_pci_hot_reset": 12,
    "vfio_device_bind_iommufd": 16,
    "vfio_device_attach_iommufd_pt": 12,
    "vfio_device_detach_iommufd_pt": 8,
    "iommu_destroy": 8,
    "iommu_ioas_alloc": 12,
    "iommu_iova_range": 16,
    "iommu_ioas_iova_ranges": 32,
    "iommu_ioas_map": 40,
    "iommu_ioas_unmap": 24,
}
# That later kernels made longer, or that have a union without a name.
GROWN = ("vfio_pci_dependent_device", "vfio_device_info", "vfio_iommu_type1_info")
# Request -> number: ';' << 8 | 100 + n of linux/vfio.h, ';' << 8 | 0x80 + n of linux/iommufd.h.
NUMBERS = {
    "GET_API_VERSION": 0x3B64,
    "CHECK_EXTENSION": 0x3B65,
    "SET_IOMMU": 0x3B66,
    "GROUP_GET_STATUS": 0x3B67,
    "GROUP_SET_CONTAINER": 0x3B68,
    "GROUP_UNSET_CONTAINER": 0x3B69,
    "GROUP_GET_DEVICE_FD": 0x3B6A,
    "DEVICE_GET_INFO": 0x3B6B,
    "DEVICE_GET_REGION_INFO": 0x3B6C,
    "DEVICE_GET_IRQ_INFO": 0x3B6D,
    "DEVICE_SET_IRQS": 0x3B6E,
    "DEVICE_RESET": 0x3B6F,
    "DEVICE_GET_PCI_HOT_RESET_INFO": 0x3B70,
    "DEVICE_PCI_HOT_RESET": 0x3B71,
    "IOMMU_GET_INFO": 0x3B70,
    "IOMMU_MAP_DMA": 0x3B71,
    "IOMMU_UNMAP_DMA": 0x3B72,
    "DEVICE_BIND_IOMMUFD": 0x3B76,
    "DEVICE_ATTACH_IOMMUFD_PT": 0x3B77,
    "DEVICE_DETACH_IOMMUFD_PT": 0x3B78,
    "IOMMU_DESTROY": 0x3B80,
    "IOMMU_IOAS_ALLOC": 0x3B81,
    "IOMMU_IOAS_IOVA_RANGES": 0x3B84,
    "IOMMU_IOAS_MAP": 0x3B85,
    "IOMMU_IOAS_UNMAP": 0x3B86,
}


@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_structure_is_as_long_as_the_kernels_and_says_so(name):
    made = abi.new(name) if name.startswith(("vfio_group", "vfio_device", "iommu_ioas")) else None

    assert ffi.sizeof(f"struct {name}") == SIZES[name]
    if made is not None:
        assert struct.unpack_from("<I", ffi.buffer(made))[0] == SIZES[name]


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_a_request_has_the_kernels_number(name):
    assert getattr(abi, name).number == NUMBERS[name]


def test_layouts_and_numbers_are_those_of_this_machines_header(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None or not HEADER.exists():
        pytest.skip("no C compiler with linux/vfio.h here")
    text = HEADER.read_text()
    structures = [
        name
        for name in SIZES
        if name.startswith("vfio_") and f"struct {name} {{" in text and name not in GROWN
    ]
    requests = [each for each in vars(abi).values() if isinstance(each, abi.Request)]
    known = [each for each in requests if f"#define {each.name}" in text]
    lines = []
    expected = []
    for name in structures:
        lines.append(f'printf("%zu\\n", sizeof(struct {name}));')
        expected.append(ffi.sizeof(f"struct {name}"))
        for field, told in ffi.typeof(f"struct {name}").fields:
            if told.offset + ffi.sizeof(told.type) <= ffi.sizeof(f"struct {name}"):
                lines.append(f'printf("%zu\\n", offsetof(struct {name}, {field}));')
                expected.append(told.offset)
    for each in known:
        lines.append(f'printf("%lu\\n", (unsigned long){each.name});')
        expected.append(each.number)
    source = tmp_path / "show.c"
    includes = "".join(f"#include <{name}>\n" for name in ("stdio.h", "stddef.h", "linux/vfio.h"))
    source.write_text(includes + "int main(void) {" + "\n".join(lines) + "}\n")
    subprocess.run([compiler, "-o", str(tmp_path / "show"), str(source)], check=True, timeout=60)

    shown = subprocess.run([str(tmp_path / "show")], capture_output=True, text=True, check=True, timeout=60)

    assert len(structures) >= 6
    assert len(known) >= 15
    assert [int(line) for line in shown.stdout.split()] == expected


def link(identity: int, following: int, body: bytes = b"") -> bytes:
    return struct.pack("<HHI", identity, 1, following) + body


def test_a_chain_is_followed_to_its_end():
    data = bytes(16) + link(3, 40) + bytes(16) + link(1, 0, b"abcd")

    found = abi.chain(data, 16, 16)

    assert [(each.id, each.version) for each in found] == [(3, 1), (1, 1)]
    assert found[1].data == b"abcd"
    assert abi.chain(data, 0, 16) == []


@pytest.mark.parametrize(
    ("data", "first"),
    [
        (bytes(16) + link(1, 16), 16),
        (bytes(16) + link(1, 24) + link(2, 16), 16),
        (bytes(16) + link(1, 8), 16),
        (bytes(16) + link(1, 4096), 16),
        (bytes(16) + link(1, 0), 17),
        (bytes(16), 16),
        (bytes(64), 4),
    ],
    ids=[
        "itself",
        "a circle",
        "into the structure",
        "beyond the end",
        "half a header",
        "nothing",
        "the front",
    ],
)
def test_a_chain_that_cannot_be_true_is_refused(data, first):
    with pytest.raises(TransportError):
        abi.chain(data, first, 16)


def test_a_chain_that_is_longer_than_any_is_refused():
    count = 8000
    data = bytes(16) + b"".join(link(9, 16 + 8 * (each + 1)) for each in range(count)) + link(9, 0)

    with pytest.raises(TransportError, match="links"):
        abi.chain(data, 16, 16)


@pytest.mark.parametrize("data", [b"", b"\1\0\0\0", struct.pack("<II", 2, 0) + bytes(16)])
def test_a_list_that_is_shorter_than_it_says_is_refused(data):
    with pytest.raises(TransportError):
        abi.spans(abi.Capability(1, 1, data), "ranges")


def test_a_list_of_ranges_is_read():
    data = struct.pack("<IIQQQQ", 2, 0, 0, 0xFF, 0x1000, 0x1FFF) + b"more"

    assert abi.spans(abi.Capability(1, 1, data), "ranges") == ((0, 0xFF), (0x1000, 0x1FFF))


def test_answers_end_where_they_end():
    with pytest.raises(TransportError):
        abi.read("vfio_region_info", bytes(31))
    with pytest.raises(TransportError):
        abi.array("vfio_pci_dependent_device", bytes(20), 12, 2)
    assert len(abi.array("vfio_pci_dependent_device", bytes(28), 12, 2)) == 2


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 220), st.integers(0, 64))
def test_no_bytes_of_a_chain_do_harm(data, first, fixed):
    try:
        for capability in abi.chain(data, first, fixed):
            abi.spans(capability, "areas")
    except BarewireError as error:
        assert isinstance(error, TransportError)
