"""Compare MUFU with an H100 over all 2^32 inputs: `python -m tests.soft.numerics.prove_mufu [FUNCTION ...]`.

Compiles the SM's own source of the values (driver/softgpu/sm/mufu_values.h) and compares digests; about 15 s
a function on one core with AVX-512. Exit codes: 0 all are equal, 1 some differ.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.soft.numerics import mufu

SM = Path(__file__).resolve().parents[3] / "driver" / "softgpu" / "sm"
FLAGS = ("-O3", "-march=native", "-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off")

SOURCE = """
#include "mufu_values.h"

/* As the kernel `digest` of mufu.cu: one sum for each 65536 inputs. */
void digest(unsigned function, uint32_t first_block, uint32_t blocks, uint64_t *sums)
{
        for (uint32_t block = 0; block < blocks; block++) {
                uint64_t sum = 0;

                for (uint32_t low = 0; low < 65536; low += LANES) {
                        struct vreg in, out;

                        for_each_lane(lane)
                                in.lane[lane] = (first_block + block) << 16 | (low + lane);
                        MUFU_VALUES[function](&in, &out);
                        for_each_lane(lane) {
                                uint64_t z = (uint64_t)(low + lane) << 32 | out.lane[lane];

                                z *= UINT64_C(0x9e3779b97f4a7c15);
                                z ^= z >> 29;
                                z *= UINT64_C(0xbf58476d1ce4e5b9);
                                sum += z ^ z >> 32;
                        }
                }
                sums[block] = sum;
        }
}
"""


def compiled(folder: Path) -> ctypes.CDLL:
    """The function above, as a library."""
    source, library = folder / "digest.c", folder / "digest.so"
    source.write_text(SOURCE)
    command = ["gcc", *FLAGS, f"-I{SM}", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def main() -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soft.numerics.prove_mufu")
    parser.add_argument("functions", nargs="*", default=mufu.FUNCTIONS, metavar="FUNCTION")
    options = parser.parse_args()
    with np.load(mufu.RECORDING) as file:
        expected = file["groups"]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder))
        for function in options.functions:
            number = mufu.FUNCTIONS.index(function)
            sums = np.zeros(mufu.BLOCKS, np.uint64)
            library.digest(number, 0, mufu.BLOCKS, sums.ctypes.data_as(ctypes.c_void_p))
            groups = np.sum(sums.reshape(-1, mufu.GROUPS), axis=0, dtype=np.uint64)
            differ = int(np.count_nonzero(groups != expected[number]))
            print(f"{function}: {differ} of {mufu.GROUPS} digests differ", flush=True)
            wrong += differ
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
