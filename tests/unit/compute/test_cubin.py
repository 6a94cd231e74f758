"""What is read from a cubin: kernels, their needs of the hardware, variables, and where everything goes."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from barewire.compute.cubin import ConstantBank, Param, load_image
from barewire.compute.target import Target
from barewire.errors import FormatError, UsageError
from cubin_data import CUBINS, DATA, FEATURES, place, with_bytes

PARAM_BASE = {80: 0x160, 90: 0x210, 120: 0x380}


@pytest.fixture(params=FEATURES.values(), ids=FEATURES)
def features(request):
    path, sm_version = request.param
    return load_image(path, sm_version)


@pytest.fixture
def hopper():
    return load_image(DATA / "features.sm_90.cubin", 90)


def test_every_entry_point_is_a_kernel_and_no_other_function_is(features):
    source = (DATA / "features.cu").read_text()
    written = set(re.findall(r"__global__ void (?:__\w+\(.*?\)\)? )?(\w+)\(", source))
    only_from_sm_90 = {"clustered", "sized", "ranked", "large_parameters"}

    expected = written if features.sm_version >= 90 else written - only_from_sm_90

    assert expected - {"sized"} == set(features.kernels) - {"sized"}
    assert "framed" not in features.kernels


def test_parameters_keep_the_gaps_of_the_c_struct(features):
    kernel = features.kernels["parameters"]

    assert kernel.params == (Param(0, 0, 8), Param(1, 8, 4), Param(2, 12, 1), Param(3, 16, 8))
    assert kernel.param_bytes == 24


def test_the_parameter_area_begins_where_the_chip_wants_it(features):
    bases = {kernel.param_base for kernel in features.kernels.values()}

    assert bases == {PARAM_BASE[features.sm_version]}


def test_a_kernel_without_parameters_still_has_a_parameter_base(features):
    kernel = features.kernels["nothing"]

    assert (kernel.param_base, kernel.param_bytes, kernel.params) == (PARAM_BASE[features.sm_version], 0, ())


def test_parameters_above_4_kib_have_their_true_sizes(hopper):
    assert hopper.kernels["large_parameters"].params == (Param(0, 0, 8000), Param(1, 8000, 8))


def test_shared_memory_counts_the_reserved_kibibyte_from_sm_90_on(features):
    kernel = features.kernels["shared_memory"]

    reserved = 1024 if features.sm_version >= 90 else 0
    assert kernel.reserved_shared_bytes == reserved
    assert kernel.shared_static_bytes == 4000 + reserved


def test_a_kernel_whose_shared_section_was_left_out_needs_the_reserved_bytes_alone(hopper):
    assert hopper.kernels["bounded"].shared_static_bytes == 1024


def test_barriers_are_the_highest_number_used_and_one(features):
    assert features.kernels["shared_memory"].barriers == 6
    assert features.kernels["bounded"].barriers == 0


def test_the_stack_of_called_functions_is_counted(features):
    kernel = features.kernels["calls"]

    assert kernel.min_stack == 64
    assert kernel.local_bytes == 64
    assert kernel.stack_is_bounded


@pytest.mark.parametrize("name", ["recursion", "dynamic_stack"])
def test_a_stack_without_bound_gets_what_cuda_gives_by_default(features, name):
    kernel = features.kernels[name]

    assert not kernel.stack_is_bounded
    assert kernel.local_bytes >= 1024


@pytest.mark.parametrize("sm_version", [80, 90])
@pytest.mark.parametrize(("into", "bounded"), [(0x00, False), (0x20, True)])
def test_a_call_to_its_own_start_is_recursion_and_one_into_a_function_is_a_jump(sm_version, into, bounded):
    data = (DATA / f"features.sm_{sm_version}.cubin").read_bytes()
    kernel = load_image(data, sm_version).kernels["calls"]
    framed = next(start for start, name in kernel.functions if name.endswith("framed"))
    code = place(data, ".text.calls").begin
    distance = (into - 0x20) // 4 & (1 << (48 if sm_version < 90 else 56)) - 1  # from behind it, in words
    call = 0x7944 | 3 << 86
    call |= distance << 34 if sm_version < 90 else (distance & 0xFF) << 16 | (distance >> 8) << 34

    changed = load_image(with_bytes(data, code + framed + 0x10, call.to_bytes(16, "little")), sm_version)

    assert changed.kernels["calls"].stack_is_bounded is bounded


@pytest.mark.parametrize("sm_version", [80, 90])
@pytest.mark.parametrize("call", [0x7343 | 2 << 24, 0x7344 | 2 << 24, 0x7944 | 4 << 24 | 1 << 91])
def test_a_stack_has_no_bound_if_a_register_says_what_is_called(sm_version, call):
    data = (DATA / f"features.sm_{sm_version}.cubin").read_bytes()
    code = place(data, ".text.bounded").begin

    changed = load_image(with_bytes(data, code, call.to_bytes(16, "little")), sm_version)

    assert not changed.kernels["bounded"].stack_is_bounded
    assert changed.kernels["bounded"].local_bytes >= 1024


def test_a_kernel_without_frames_needs_no_local_memory(features):
    kernel = features.kernels["bounded"]

    assert (kernel.local_bytes, kernel.min_stack, kernel.stack_is_bounded) == (0, 0, True)


def test_launch_bounds_clusters_and_required_blocks_are_read(hopper):
    assert hopper.kernels["bounded"].max_threads == 128
    assert hopper.kernels["nothing"].max_threads is None
    assert hopper.kernels["clustered"].cluster_dims == (2, 1, 1)
    assert hopper.kernels["sized"].required_block == (64, 2, 1)
    assert hopper.kernels["sized"].cluster_dims == (4, 1, 1)
    assert hopper.kernels["ranked"].max_cluster_rank == 8
    assert hopper.kernels["nothing"].cluster_dims is None


def test_registers_of_a_kernel_include_those_of_the_functions_that_it_calls():
    image = load_image(DATA / "linked.sm_90.cubin", 90)

    assert image.kernels["calls_outside"].registers > image.kernels["takes_addresses"].registers


def test_code_is_aligned_and_512_zero_bytes_follow_it(features):
    blob = features.relocated(0x10_0000_0000)
    kernels = features.kernels.values()
    end = max(kernel.code_offset + kernel.code_size_bytes for kernel in kernels)

    assert all(kernel.code_offset % 128 == 0 for kernel in kernels)
    assert blob[end : end + 512] == bytes(512)


def test_sections_of_the_image_do_not_overlap(features):
    code = [(kernel.code_offset, kernel.code_size_bytes) for kernel in features.kernels.values()]
    banks = {bank for kernel in features.kernels.values() for bank in kernel.constant_banks.values()}
    used = sorted([*code, *banks])

    assert all(begin + size <= following for (begin, size), (following, _) in pairwise(used))
    assert all(bank.offset % 256 == 0 for bank in banks)


def test_constants_are_followed_by_zeros_up_to_256_bytes(features):
    blob = features.relocated(0x10_0000_0000)
    for bank in features.constant_banks.values():
        end = bank.offset + bank.size_bytes
        assert not any(blob[end : -(-end // 256) * 256])


def test_constant_banks_are_those_of_all_kernels_and_those_of_one(features):
    variables, pointers = features.kernels["variables"], features.kernels["pointer_calls"]

    assert set(features.constant_banks) == {3, 4}
    assert set(variables.constant_banks) == {3, 4}
    assert set(pointers.constant_banks) == {2, 3, 4}  # the compiler keeps its table of functions in c[2]
    assert isinstance(pointers.constant_banks[2], ConstantBank)


def test_variables_are_found_by_name_with_their_initial_values(features):
    blob = features.relocated(0x10_0000_0000)
    table, zeros = features.globals["table"], features.globals["zeros"]

    assert (
        bytes(blob[table.offset : table.offset + table.size_bytes]).hex()
        == "0000803f000000400000404000008040"
    )
    assert zeros.size_bytes == 1024
    assert not any(blob[zeros.offset : zeros.offset + 1024])
    assert features.globals["weights"].size_bytes == 12


def test_a_place_in_the_code_is_named_by_kernel_function_and_offset(features):
    kernel = features.kernels["calls"]
    framed = next(start for start, name in kernel.functions if name.endswith("framed"))

    assert kernel.symbol_at(0x20) == "calls+0x20"
    assert kernel.symbol_at(framed + 0x10) == "calls:framed+0x10"
    assert kernel.symbol_at(kernel.code_size_bytes) is None
    assert features.symbol_at(kernel.code_offset + 0x20) == "calls+0x20"
    assert features.symbol_at(features.size_bytes) is None


def test_a_function_of_its_own_section_is_named_too():
    image = load_image(DATA / "linked.sm_90.cubin", 90)
    code = {image.symbol_at(offset) for offset in range(0, image.size_bytes, 128)}

    assert {"outside+0x0", "deep+0x0", "square+0x0"} <= code


@pytest.mark.parametrize("name", CUBINS)
def test_an_image_is_the_same_however_it_is_given(name, tmp_path):
    path, sm_version = CUBINS[name]
    data = path.read_bytes()

    forms = [path, str(path), data, bytearray(data), memoryview(data)]
    blobs = [bytes(load_image(form, sm_version).relocated(1 << 36)) for form in forms]

    assert len(set(blobs)) == 1


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot be read") as missing:
        load_image(tmp_path / "none.cubin", 90)

    assert not isinstance(missing.value, FormatError)
    assert missing.value.path.endswith("none.cubin")


@pytest.mark.parametrize(
    ("target", "chip", "runs"),
    [
        ("90", 90, True), ("80", 86, True), ("86", 80, False), ("80", 90, False), ("90", 100, False),
        ("90a", 90, True), ("100a", 103, False), ("100f", 103, True), ("100", 103, True), ("103", 100, False),
        ("120", 121, True), ("100", 120, False), ("87", 89, False), ("86", 87, False), ("87", 87, True),
    ],
)  # fmt: skip
def test_code_runs_on_its_own_major_version_from_its_minor_one_on(target, chip, runs):
    assert Target.parse(target).runs_on(chip) is runs
