"""disasm: listings, selection, control bits, JSON, fatbins, and files that are no machine code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from barewire.errors import BarewireError
from barewire.sass.listing import listings
from barewire.tools import disasm
from barewire.tools.exits import Exit

DATA = Path(__file__).resolve().parents[1] / "compute" / "data"
CUBINS = sorted(DATA.glob("*.cubin"))
FEATURES = DATA / "features.sm_90.cubin"
SMALL = DATA / "unlinked.sm_90.cubin"


@pytest.fixture
def nvdisasm() -> str:
    from_package = [
        str(Path(folder) / "nvidia" / "cu13" / "bin" / "nvdisasm")
        for folder in sys.path
        if (Path(folder) / "nvidia" / "cu13" / "bin" / "nvdisasm").exists()
    ]
    found = shutil.which("nvdisasm") or next(iter(from_package), None)
    if found is None:
        pytest.skip("needs nvdisasm")
    return found


def test_a_kernel_is_listed_under_its_name(barewire_command):
    shown = barewire_command("disasm", FEATURES, "--kernel", "nothing")

    assert shown.code == Exit.OK
    lines = shown.out.splitlines()
    assert lines[0] == ".text.nothing:"
    assert lines[1].strip().startswith("/*0000*/")
    assert any(line.endswith("EXIT ;") for line in lines)
    assert sum(line.startswith(".text.") for line in lines) == 1


def test_without_a_name_every_section_is_listed(barewire_command):
    names = [line for line in barewire_command("disasm", FEATURES).out.splitlines() if line[:6] == ".text."]

    assert len(names) > 5
    assert ".text.recursion:" in names


def test_control_bits_are_added_when_asked_for(barewire_command):
    plain = barewire_command("disasm", FEATURES, "--kernel", "nothing").out.splitlines()
    control = barewire_command("disasm", FEATURES, "--kernel", "nothing", "--control").out.splitlines()

    assert len(plain) == len(control)
    for without, with_them in zip(plain[1:], control[1:], strict=True):
        assert with_them.startswith(without)
        if "/*0" in without:
            assert re.search(r"/\* stall=\d+.*\*/$", with_them)


def test_json_has_words_fields_and_control_bits(barewire_command):
    data = barewire_command("disasm", FEATURES, "--kernel", "recursion", "--json").data

    (image,) = data["images"]
    (section,) = image["sections"]
    assert section["architecture"] == "sm_90"
    assert image["unknown_instructions"] == 0
    first = section["instructions"][0]
    assert first["pc"] == 0
    assert int(first["word"], 16) >> 105 & 0xF == first["control"]["stall_cycles"]
    assert first["opcode"] == "LDC"
    assert any("target" in one for one in section["instructions"])


@pytest.mark.parametrize("name", ["tiny.lz4.fatbin", "tiny.zstd.fatbin"])
def test_every_cubin_of_a_fatbin_is_listed(barewire_command, name):
    shown = barewire_command("disasm", DATA / name)

    assert shown.code == Exit.OK
    assert any(line.startswith("// sm_") for line in shown.out.splitlines())
    assert "EXIT ;" in shown.out


def test_a_kernel_that_is_not_there_is_an_error_of_usage(barewire_command):
    shown = barewire_command("disasm", FEATURES, "--kernel", "missing")

    assert shown.code == Exit.USAGE
    assert "no code named 'missing'" in shown.err


def test_a_file_that_is_no_machine_code_is_refused(barewire_command, tmp_path):
    wrong = tmp_path / "wrong.cubin"
    wrong.write_bytes(b"wrong")

    shown = barewire_command("disasm", wrong)

    assert shown.code == Exit.INPUT
    assert "neither a cubin nor a fatbin" in shown.err


@pytest.mark.parametrize("cut", [4, 64, 1000, 20000])
def test_a_damaged_cubin_is_refused(barewire_command, tmp_path, cut):
    damaged = tmp_path / "damaged.cubin"
    damaged.write_bytes(FEATURES.read_bytes()[:cut])

    assert barewire_command("disasm", damaged).code == Exit.INPUT


def test_a_cubin_with_bytes_changed_is_shown_or_refused():
    """What says where things lie is at the end of the file."""
    random = Random(3)
    whole = SMALL.read_bytes()
    headers = len(whole) - int.from_bytes(whole[0x28:0x30], "little")
    refused = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(random.randint(1, 6)):
            damaged[-random.randint(1, headers)] ^= 1 << random.randrange(8)
        try:
            for _, image in disasm.images_of(bytes(damaged)):
                listings(disasm.code_of(image), disasm.function_ends(image))
        except BarewireError:
            refused += 1

    assert 0 < refused < 200


def test_unknown_words_are_shown_with_the_reason(barewire_command, tmp_path):
    data = bytearray(FEATURES.read_bytes())
    listing = barewire_command("disasm", FEATURES, "--kernel", "nothing", "--json").data
    word = int(listing["images"][0]["sections"][0]["instructions"][0]["word"], 16).to_bytes(16, "little")
    for position in range(0, len(data) - 16, 16):
        if data[position : position + 16] == word:
            data[position : position + 2] = b"\xff\x7f"
    damaged = tmp_path / "damaged.cubin"
    damaged.write_bytes(data)

    shown = barewire_command("disasm", damaged, "--kernel", "nothing")

    assert shown.code == Exit.OK
    assert "unknown 0xfff (sm_90 has no opcode 0xfff) ;" in shown.out


@pytest.mark.parametrize("cubin", CUBINS, ids=lambda path: path.name)
def test_the_listing_is_nvdisasms(barewire_command, nvdisasm, cubin):
    """Every instruction and every label, as they stand in its own listing."""
    theirs = subprocess.run([nvdisasm, "-c", cubin], capture_output=True, text=True, check=True).stdout
    sections = set(re.findall(r"^(\.text\..*:)$", theirs, re.MULTILINE))
    kept = [
        re.sub(r"\s+\(\*", " (*", line.rstrip())
        for line in theirs.splitlines()
        if re.match(r"\s*/\*[0-9a-f]{4,}\*/|\S+:$", line) and f".text.{line}" not in sections
    ]

    assert barewire_command("disasm", cubin).out.splitlines() == kept
