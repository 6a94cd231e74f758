"""Build the cubin of this folder: `python -m tests.soft.warp.build`."""

from __future__ import annotations

from barewire.compute import ptx

from tests.soft.warp import programs


def main() -> None:
    """The command line."""
    programs.CUBIN.write_bytes(ptx.assemble(programs.source().encode(), 90))


if __name__ == "__main__":
    main()
