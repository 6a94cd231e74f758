"""Build the cubins of this folder: `python -m tests.soft.numerics.build`."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from barewire.kernels.build import find_compiler

from tests.soft.numerics import mma, mufu


def main() -> None:
    """The command line."""
    compiler = str(find_compiler().path)
    with tempfile.TemporaryDirectory() as folder:
        generated = Path(folder) / "mma.cu"
        generated.write_text(mma.source())
        for source, cubin in ((mufu.HERE / "mufu.cu", mufu.CUBIN), (generated, mma.CUBIN)):
            subprocess.run([compiler, "-arch=sm_90", "-cubin", "-o", str(cubin), str(source)], check=True)


if __name__ == "__main__":
    main()
