"""The data and expected results that both sides of a comparison share."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import workload

BENCHMARKS = Path(workload.__file__).parent


def test_random_words_are_splitmix64() -> None:
    # The first outputs of splitmix64 from state 0, as its author publishes them.
    wanted = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]

    assert workload.random_bytes(24, 0).view(np.uint64).tolist() == wanted


def test_other_seeds_give_other_words_and_the_same_seed_the_same() -> None:
    assert not np.array_equal(workload.random_words(64, 1), workload.random_words(64, 2))
    np.testing.assert_array_equal(workload.random_words(64, 3), workload.random_words(64, 3))


def test_the_mix_of_a_few_launches_is_what_plain_numbers_say() -> None:
    x = workload.random_words(workload.BUFFERS * 4, 1).reshape(workload.BUFFERS, 4)
    y = workload.random_words(workload.BUFFERS * 4, 2).reshape(workload.BUFFERS, 4)
    wanted = [[int(word) for word in row] for row in y]
    for n in range(100):
        source, target = n % 8, (3 * n + 1) % 8
        for i in range(4):
            wanted[target][i] = (wanted[target][i] * 3 + (n + 1) * int(x[source][i])) % (1 << 32)

    assert workload.mix_result(x, y, 100).tolist() == wanted


@pytest.mark.parametrize("change", ["lost", "doubled", "reordered"])
def test_the_mix_tells_a_lost_a_doubled_and_a_reordered_launch(change: str) -> None:
    x = workload.random_words(workload.BUFFERS * 4, 1).reshape(workload.BUFFERS, 4)
    y = workload.random_words(workload.BUFFERS * 4, 2).reshape(workload.BUFFERS, 4)
    order = list(range(64))
    if change == "lost":
        order.remove(30)
    elif change == "doubled":
        order.insert(30, 30)
    else:
        order[30], order[38] = order[38], order[30]  # both update the same buffer
    spoiled = y
    for n in order:
        spoiled = workload.mix_result(x, spoiled, 1, first=n)

    assert not np.array_equal(spoiled, workload.mix_result(x, y, 64))


def test_a_chain_moves_cells_between_blocks_and_adds() -> None:
    cells = np.arange(workload.CHAIN_CELLS, dtype=np.uint32)

    once = workload.chain_result(cells, 1)
    twice = workload.chain_result(cells, 2)

    assert once[0] == cells[workload.CHAIN_THREADS] + 1
    assert once[workload.CHAIN_THREADS] == cells[0] + 1
    np.testing.assert_array_equal(twice, cells + np.uint32(1 + 8))


def test_the_cuda_program_has_the_same_sizes_and_formulas() -> None:
    source = (BENCHMARKS / "cuda_reference.cu").read_text()

    for name in ("THREADS", "BUFFERS", "CHAIN_BLOCKS", "CHAIN_THREADS"):
        found = re.search(rf"constexpr unsigned {name} = (\d+);", source)
        assert found, f"cuda_reference.cu does not define {name}"
        assert int(found.group(1)) == getattr(workload, name)
    assert "return i * 7 + 1;" in source
    assert [workload.addend(i) for i in (0, 1, 5)] == [1, 8, 36]
    assert "fill_random(source.address, bytes, 5)" in source
    assert workload.COPY_SEED == 5


@pytest.mark.parametrize(
    ("source", "cubin"),
    [
        ("benchmarks/kernels.cu", "benchmarks/kernels.sm_90.cubin"),
        ("tests/hardware/data/vendor_launches.cu", "tests/hardware/data/vendor_launches.sm_90.cubin"),
    ],
)
def test_the_committed_cubins_hold_the_kernels_of_their_sources(source: str, cubin: str) -> None:
    from barewire.compute.cubin import load_image

    root = BENCHMARKS.parent
    named = re.findall(r"__global__ void (?:__\w+__\([^)]*\) )?(\w+)\(", (root / source).read_text())

    assert sorted(load_image(root / cubin, 90).kernels) == sorted(named)
