"""Every value of every modifier: in one file of arithmetic and matrices, in the other of all the rest.

Words of compiled code were given to nvdisasm with single bits changed, and with each value of the fields that
the table names. Of what it printed without complaint, one or two of each shape of operands are kept:
[architecture, word, text]. None of them depends on where it stands.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
import subprocess
from itertools import groupby
from pathlib import Path

import pytest
from barewire.sass.decoder import decode

DATA = Path(__file__).parent / "data"
ARITHMETIC, THE_REST = "changed-bits-arithmetic.json.gz", "changed-bits.json.gz"
WORD_BYTES = 16
ASKED_ANEW = 400  # words of each architecture, of the nvdisasm that is here
FIRST_WITH_SPECIFIC_CODE = 90  # from here on some instructions are only those of "sm_90a" and its like

both_files = pytest.mark.parametrize("file", [ARITHMETIC, THE_REST])


def words(file: str) -> list[tuple[int, int, str]]:
    rows = json.loads(gzip.decompress((DATA / file).read_bytes()))
    return [(arch, int(word, 16), text) for arch, word, text in rows]


@both_files
def test_a_word_with_a_bit_changed_reads_as_nvdisasm_printed_it(file):
    differences = [
        (arch, f"{word:#034x}", text, ours)
        for arch, word, text in words(file)
        if (ours := decode(word, arch).text()) != text
    ]

    assert differences == []


@both_files
def test_the_generations_and_some_thousands_of_words_are_covered(file):
    kept = words(file)

    assert {arch for arch, *_ in kept} >= {75, 80, 90, 100, 120}
    assert len(kept) > 5000


def ask(tool: str, arch: int, asked: list[int], folder: Path) -> list[str]:
    """What nvdisasm prints for these words."""
    raw = folder / f"sm_{arch}.bin"
    raw.write_bytes(b"".join(word.to_bytes(WORD_BYTES, "little") for word in asked))
    name = f"SM{arch}a" if arch >= FIRST_WITH_SPECIFIC_CODE else f"SM{arch}"
    done = subprocess.run([tool, "-b", name, str(raw)], capture_output=True, text=True, check=True)
    lines = (line.strip() for line in done.stdout.splitlines())
    return [line.split("*/", 1)[1].rstrip(" ;").strip() for line in lines if line.startswith("/*")]


@both_files
def test_the_nvdisasm_that_is_here_prints_the_same(file, tmp_path):
    tool = shutil.which("nvdisasm")
    if not tool:
        pytest.skip("needs nvdisasm")
    chosen = random.Random(5)
    for arch, group in groupby(words(file), key=lambda row: row[0]):
        rows = list(group)
        rows = chosen.sample(rows, min(ASKED_ANEW, len(rows)))

        printed = ask(tool, arch, [word for _, word, _ in rows], tmp_path)

        assert printed == [text for *_, text in rows]
