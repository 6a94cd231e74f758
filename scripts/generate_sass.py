#!/usr/bin/env python3
"""Write what is generated from the table of opcodes: the C header of the software GPU and the documentation.

    scripts/generate_sass.py [--check]

With --check nothing is written; the exit code says whether the files are current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from barewire.sass.c_header import c_header
from barewire.sass.markdown import markdown
from barewire.sass.table import ENTRIES

ROOT = Path(__file__).resolve().parents[1]


def outputs() -> dict[str, str]:
    """The files that are generated, by their path in the tree."""
    return {
        "driver/softgpu/sm/sass_table.h": c_header(ENTRIES),
        "docs/sass-opcodes.md": markdown(ENTRIES),
    }


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the files are current")
    args = parser.parse_args()
    stale = [
        name
        for name, text in outputs().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(f"{'stale' if args.check else 'written'}: {name}")
        if not args.check:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(outputs()[name], encoding="utf-8")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
