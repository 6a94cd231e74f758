"""The table itself: entries that hold together, and generated files that are current."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from barewire.sass import c_header
from barewire.sass.language import ARCHITECTURES, Opcode, Slot, Sum
from barewire.sass.table import ENTRIES, FAMILIES
from barewire.sass.text import Plan, source_of

ROOT = Path(__file__).resolve().parents[3]
FIELD = re.compile(r"\{(\w+)\}")
CONTROL_BITS = ((1 << 21) - 1) << 105
GUARD_AND_OPCODE_BITS = 0xFFFF


def templates(entry: Opcode) -> list[str]:
    return [entry.text, *(spelling.text for spelling in entry.spellings)]


def test_every_family_has_opcodes():
    for family in FAMILIES:
        assert importlib.import_module(f"barewire.sass.table.{family}").OPCODES


def test_a_template_names_only_fields_of_its_entry():
    for entry in ENTRIES:
        for text in templates(entry):
            assert set(FIELD.findall(text)) <= set(entry.fields), text


def test_conditions_name_only_fields_of_their_entry():
    for entry in ENTRIES:
        named = {name for operand in entry.fields.values() for name in operand.when}
        named |= {name for spelling in entry.spellings for name in spelling.when}

        assert named <= set(entry.fields), entry.name


def test_an_entry_is_for_known_architectures_and_forms():
    for entry in ENTRIES:
        assert entry.archs, entry.name
        assert entry.archs <= set(ARCHITECTURES), entry.name
        assert entry.forms, entry.name
        assert all(0 <= form <= 7 for form in entry.forms), entry.name
        assert len(set(entry.codes)) == len(entry.codes), entry.name


def test_an_entry_compiles_for_all_its_forms():
    for entry in ENTRIES:
        for form in entry.forms:
            plan = Plan(entry, form, max(entry.archs))

            assert plan.mask & GUARD_AND_OPCODE_BITS == 0, entry.name
            assert plan.value & ~plan.mask == 0, entry.name


def test_no_field_lies_in_the_opcode_the_guard_or_the_control_bits():
    for entry in ENTRIES:
        for form in entry.forms:
            for name, at in c_header.fields_of(entry, form):
                assert at.mask & (GUARD_AND_OPCODE_BITS | CONTROL_BITS) == 0, f"{entry.name} {name}"


def test_names_of_fields_are_names_of_python_and_c():
    for entry in ENTRIES:
        for name in entry.fields:
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name), f"{entry.name} {name}"


def test_no_word_fits_two_entries_equally_well():
    seen: dict[tuple[int, int, int, int], str] = {}
    for entry in ENTRIES:
        mask = sum(at.mask for at in entry.fixed)
        value = sum(at.put(number) for at, number in entry.fixed.items())
        for arch in entry.archs:
            for code in entry.codes:
                key = (arch, code, mask, value)
                assert key not in seen, f"{entry.name} and {seen[key]} are both {code:#05x} on sm_{arch}"
                seen[key] = entry.name


def test_slots_lie_where_their_form_says():
    c_of_three = Slot("c")
    b_of_three = Slot("b")

    assert source_of(b_of_three, 1).at.parts == ((32, 8),)
    assert source_of(c_of_three, 1).at.parts == ((64, 8),)
    assert source_of(b_of_three, 4).kind == "immediate"
    assert source_of(c_of_three, 2).kind == "immediate"
    assert source_of(b_of_three, 2).at.parts == ((64, 8),)
    assert source_of(c_of_three, 3).kind == "constant"
    assert source_of(b_of_three, 6).kind == "uniform"


def generator():
    spec = importlib.util.spec_from_file_location("generate_sass", ROOT / "scripts" / "generate_sass.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_files_are_current():
    """Run scripts/generate_sass.py when this fails."""
    for name, text in generator().outputs().items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, name


MATCH_EVERYTHING = """
#include <inttypes.h>
#include <stdio.h>
#include "sass_table.h"

int main(void)
{
        uint64_t word[2];
        unsigned arch;

        while (scanf("%u %" SCNx64 " %" SCNx64, &arch, &word[0], &word[1]) == 3)
                printf("%d\\n", sass_match(word, arch));
        return 0;
}
"""


@pytest.fixture(scope="module")
def matcher(tmp_path_factory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("matcher")
    (folder / "match.c").write_text(MATCH_EVERYTHING)
    include = ROOT / "driver" / "softgpu" / "sm"
    warnings = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run(
        [compiler, "-std=gnu11", *warnings, f"-I{include}", "-o", folder / "match", folder / "match.c"],
        check=True,
    )
    return folder / "match"


def test_c_and_python_agree_on_what_a_word_is(matcher):
    """One word for each opcode and architecture, with the fixed bits of its entry."""
    names = ["", *sorted({entry.name for entry in ENTRIES})]
    cases = [
        (arch, code | sum(at.put(value) for at, value in entry.fixed.items()))
        for entry in ENTRIES
        for code, form in zip(entry.codes, entry.forms, strict=True)
        for arch in sorted(entry.archs_of(form))
    ]
    lines = "".join(f"{arch} {word & (1 << 64) - 1:x} {word >> 64:x}\n" for arch, word in cases)

    done = subprocess.run([matcher], input=lines, capture_output=True, text=True, check=True)

    found = [names[int(line)] for line in done.stdout.split()]
    assert found == [best_entry(word, arch).name for arch, word in cases]


@cache
def with_code(code: int) -> list[Opcode]:
    return [entry for entry in ENTRIES if code in entry.codes]


def best_entry(word: int, arch: int) -> Opcode:
    fitting = [
        entry
        for entry in with_code(word & 0xFFF)
        if arch in entry.archs_of(word >> 9 & 7)
        and all(at.of(word) == value for at, value in entry.fixed.items())
    ]
    return max(fitting, key=lambda entry: sum(at.width for at in entry.fixed))


def test_parts_of_a_sum_have_as_many_names():
    sums = [operand for entry in ENTRIES for operand in entry.fields.values() if isinstance(operand, Sum)]

    assert all(len(operand.parts) == len(operand.names) for operand in sums)
