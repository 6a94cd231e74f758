"""Write docs/sanitizer.md: what stands in it, and the table of findings as the sanitizer has it.

python scripts/write_sanitizer_doc.py            # writes it
python scripts/write_sanitizer_doc.py --check    # whether it is up to date: exit status 1 if not
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from barewire.softgpu.sanitizer.kinds import KINDS

TARGET = Path(__file__).resolve().parents[1] / "docs" / "sanitizer.md"

INTRODUCTION = """\
# The sanitizer

A GPU takes most mistakes of a driver or a program in silence: memory that nobody wrote holds something, a
copy that waits for nobody mostly comes late enough, a translation that was not invalidated is mostly gone
from the TLB. The software GPU looks for them while it runs the same program, and tells each with its place
in the stream of work.

```python
with bw.open("soft:gh100", sanitize=True) as dev:
    ...
    for finding in dev.findings():      # also after close()
        print(finding)
```

`--sanitize` does the same for every verb of the command line that opens a device: findings come as a table
on standard error, or under `findings` with `--json`, and the exit status is not 0.

A finding has a kind (a name that never changes, below), a sentence, how often it was seen, facts
(addresses, the other operation of a race), and a place: the channel, the entry of its ring, the address of
the word in its pushbuffer and the method there; for a kernel also its code and the address of the
instruction.

## How it comes to know

**What was written.** Video memory that nobody has written since power-on or a reset holds a pattern made of
its own address. A 32-bit word that equals its pattern, beside another that does, counts as unwritten when
it is read by a kernel, a copy, or the MMU walking page tables; whoever wrote it, the CPU through a BAR too.
One such word alone passes for chance. Bytes of a word are not told apart, and host memory is not looked at.

**What comes before what.** Every copy, grid and inline write is an operation with a number. The Host of a
channel knows the operations whose end it waited for (WFI) and those that a semaphore told it of: a release
tells what its channel knows, an acquire learns what the release told. A release that waits for nothing
tells nothing of the engine's work; a release of a copy engine tells of its copies if it flushes, that of a
launch descriptor of its grid if it has a membar. The CPU knows what had been told to memory when it rang a
doorbell: it may have looked. An operation comes after what its Host knew when it began; after nothing else.
For every word of video memory a shadow holds who wrote it last and who read it last, byte by byte: a use
that collides with one that did not come before is a race, whichever of the two the machine happened to run
first. Copies that touch host memory are compared by ranges.

Atomic and volatile accesses of kernels collide with nobody: it is how kernels talk to each other.

**What is made worse on purpose, within what hardware may do.** Work begins up to 0.4 ms after its doorbell,
and runlists that could run take turns in a random order. Every translation that the TLB gives is compared
with the tables. Rings and pushbuffers are noted when the doorbell rings and compared when they are
executed.

**What it does not see.** A CPU that reads memory before the GPU has written it, or writes it while the GPU
reads (but for rings, pushbuffers and launch slots); missing barriers of the CPU itself, as stores of a
process are seen in their order here; races inside one grid; races of kernels in host memory;
synchronisation of kernels by plain (not volatile, not atomic) flags, which it calls a race.

## What it finds

"""


def page() -> str:
    """The whole document."""
    sections = [
        f"### {kind.name}\n\n{kind.meaning}\n\n*For example:* {kind.example}\n\n*What to do:* {kind.remedy}\n"
        for kind in KINDS
    ]
    return INTRODUCTION + "\n".join(sections)


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/sanitizer.md.")
    parser.add_argument("--check", action="store_true", help="only say whether the file is up to date")
    wanted = page()
    if parser.parse_args().check:
        return 0 if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted else 1
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
