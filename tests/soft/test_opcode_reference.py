"""The reference of single instructions agrees with an H100, lane by lane, over all that was recorded."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.soft.probe import recording
from tests.soft.reference import compare
from tests.soft.reference.text import mnemonic, parse

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("opcodes*-h100.npz"))
LANES = 256 if os.environ.get("BAREWIRE_FULL") else 32
# Not computed by IEEE rules: test_mufu.py and test_alu_*.py have their own recordings. UP2UR: one odd form.
WITHOUT_A_RULE = {"MUFU", "FCHK", "UP2UR"}


@cache
def recordings() -> list[recording.Recording]:
    return [recording.load(path) for path in RECORDINGS]


def texts() -> list[str]:
    return [text for made in recordings() for text in made.texts]


def mnemonics() -> list[str]:
    return sorted({mnemonic(text) for text in texts()} - WITHOUT_A_RULE)


@pytest.mark.parametrize("name", mnemonics())
def test_the_reference_gives_what_the_gpu_gave(name):
    found = []
    for made in recordings():
        for index, text in enumerate(made.texts):
            if mnemonic(text) == name:
                found.append(compare.difference(made, index, LANES))

    assert found
    assert [difference for difference in found if difference is not None] == []


def test_every_recorded_instruction_has_a_rule_or_a_reason():
    without = Counter(mnemonic(text) for text in texts() if not compare.knows(parse(text, 0)))

    assert set(without) == WITHOUT_A_RULE
    assert len(texts()) >= 3800
