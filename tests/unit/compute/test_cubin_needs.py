"""What a kernel needs and barewire does not offer is named, and its neighbours still work."""

from __future__ import annotations

import struct

import pytest
from barewire.compute.cubin import load_image
from barewire.errors import UnsupportedFeature
from cubin_data import CUBINS, DATA, FEATURES, place, with_bytes

NEEDS = {
    "prints": "device printf (vprintf)",
    "allocates": "device malloc (malloc)",
    "frees": "device malloc (free)",
    "asserts": "device assert (__assertfail)",
    "samples": "textures",
    "reads_surface": "surfaces",
    "uses_managed": "managed memory (managed_value)",
    "waits_for_grid": "grid-wide synchronisation (a cooperative launch)",
}


@pytest.fixture(scope="module")
def image():
    return load_image(DATA / "needs.sm_90.cubin", 90)


@pytest.mark.parametrize(("kernel", "need"), NEEDS.items())
def test_a_need_is_named_at_the_kernel_that_has_it(image, kernel, need):
    assert image.kernels[kernel].unsupported == (need,)


def test_a_kernel_beside_them_can_be_launched(image):
    assert image.kernels["fine"].unsupported == ()


def test_only_the_kernel_that_waits_for_the_grid_is_cooperative(image):
    assert [name for name, kernel in image.kernels.items() if kernel.cooperative] == ["waits_for_grid"]


@pytest.mark.parametrize("sm_version", [80, 90])
def test_a_need_of_a_called_function_is_that_of_the_kernel(sm_version):
    image = load_image(DATA / f"linked.sm_{sm_version}.cubin", sm_version)

    unsupported = {name: kernel.unsupported for name, kernel in image.kernels.items() if kernel.unsupported}

    assert unsupported == {"prints_inside": ("device printf (vprintf)",)}


@pytest.mark.parametrize(("path", "sm_version"), FEATURES.values(), ids=FEATURES)
def test_ordinary_kernels_need_nothing(path, sm_version):
    image = load_image(path, sm_version)

    assert [kernel.name for kernel in image.kernels.values() if kernel.unsupported] == []


def test_an_image_in_which_nothing_can_run_is_refused_at_load():
    data = (DATA / "needs.sm_90.cubin").read_bytes()
    fine = place(data, ".text.fine")
    texture_load = place(data, ".text.samples")
    instructions = data[texture_load.begin : texture_load.begin + fine.end - fine.begin]

    with pytest.raises(UnsupportedFeature, match="no kernel of this image") as refused:
        load_image(with_bytes(data, fine.begin, instructions), 90)

    assert all(need in refused.value.message for need in NEEDS.values())
    assert "fine" in refused.value.kernels


def test_any_other_unresolved_symbol_is_named():
    data = (DATA / "needs.sm_90.cubin").read_bytes()
    image = load_image(data.replace(b"\0vprintf\0", b"\0nowhere\0"), 90)

    assert image.kernels["prints"].unsupported == ("the unresolved symbol nowhere",)


@pytest.mark.parametrize("name", [b"cudaEventX23", b"cudaStreamX2"])
def test_launches_from_the_device_are_refused_by_name(name):
    data = (DATA / "needs.sm_90.cubin").read_bytes()
    image = load_image(data.replace(b"\0__assertfail\0", b"\0" + name + b"\0"), 90)

    assert image.kernels["asserts"].unsupported == (f"dynamic parallelism ({name.decode()})",)


def test_a_section_that_is_not_known_is_refused_by_name():
    data = (DATA / "features.sm_90.cubin").read_bytes()

    with pytest.raises(UnsupportedFeature, match=r"\.nv\.uft_entr"):
        load_image(data.replace(b".nv.global.init\0", b".nv.uft_entries\0", 1), 90)


def test_an_image_too_large_for_any_gpu_here_is_refused():
    data = (DATA / "features.sm_90.cubin").read_bytes()
    names, table = data[place(data, ".shstrtab").begin :], place(data, "section table")
    name = struct.pack("<I", names.index(b"\0.nv.global\0") + 1)
    zeroed = next(at for at in range(table.begin, table.end, 64) if data[at : at + 4] == name)

    with pytest.raises(UnsupportedFeature, match="too large"):
        load_image(with_bytes(data, zeroed + 32, struct.pack("<Q", 1 << 40)), 90)


@pytest.mark.parametrize(("path", "sm_version"), CUBINS.values(), ids=CUBINS)
def test_managed_memory_is_no_reason_to_refuse_its_neighbours(path, sm_version):
    image = load_image(path, sm_version)

    assert any(not kernel.unsupported for kernel in image.kernels.values())
