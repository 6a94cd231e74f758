"""scripts/compare_disassembly.py: what it reads from nvdisasm's listings, and how it groups differences."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CUBIN = ROOT / "tests" / "unit" / "compute" / "data" / "needs.sm_90.cubin"

LISTING = """\
	.target	sm_90
.text.kernel:
        /*0000*/               @P0 BRA `(.L_x_0) ;                    /* 0x0000000000100947 */
                                                                      /* 0x000fe20003800000 */
        /*0010*/                   NOP;                               /* 0x0000000000007918 */
                                                                      /* 0x000fc00000000000 */
.L_x_0:
        /*0020*/                   BRX R4 -0x30      (*"BRANCH_TARGETS .L_x_0"*);  /* 0xfffffffc04f47949 */
                                                                      /* 0x000fe2000383ffff */
"""


@pytest.fixture(scope="module")
def compare():
    path = ROOT / "scripts" / "compare_disassembly.py"
    spec = importlib.util.spec_from_file_location("compare_disassembly", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["compare_disassembly"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["compare_disassembly"]


def test_labels_are_read_as_the_places_they_stand_for(compare):
    lines = list(compare.parse(LISTING))

    assert [line.text for line in lines] == ["@P0 BRA 0x20", "NOP", "BRX R4 -0x30"]
    assert [line.pc for line in lines] == [0, 0x10, 0x20]
    assert lines[1].word == 0x000FC00000000000_0000000000007918
    assert {line.arch for line in lines} == {90}


def test_differences_of_one_kind_are_one_group(compare):
    found = compare.Comparison()
    for number in range(3):
        theirs = compare.Line(90, 0, 0x210, f"IADD3 R{number}, R1, R2, R3")
        found.add(theirs, theirs._replace(text=f"IADD R{number}, R1, R2, R3"))
    found.add(theirs, theirs)

    results = found.results("13.5")
    assert results["counts"]["sm_90"]["instructions"] == 4
    assert results["counts"]["sm_90"]["equal_percent"] == 25.0
    assert [difference["count"] for difference in results["differences"]] == [3]
    assert results["differences"][0]["ours"] == "IADD R0, R1, R2, R3"


def test_a_cubin_that_nvdisasm_refuses_is_named_in_the_results(compare):
    found = compare.Comparison()
    found.add_file(CUBIN, [])

    assert found.results("13.5")["not_compared"] == [CUBIN.name]


def test_one_word_of_every_shape_is_kept_without_its_control_bits(compare):
    found = compare.Comparison()
    for arch, text in [(80, "MOV R1, R2"), (90, "MOV R3, R4.reuse"), (90, "MOV R1, 0x1"), (90, "BRA `(f)")]:
        line = compare.Line(arch, 0, 0x202 | 5 << 105, text)
        found.add(line, line)

    assert sorted(row[3] for row in found.witness_rows()) == ["MOV R1, 0x1", "MOV R1, R2"]
    assert {row[1] for row in found.witness_rows()} == {"202"}


def test_results_and_witnesses_of_a_cubin_are_written(compare, tmp_path, monkeypatch, capsys):
    """With an nvdisasm that prints what ours does."""
    listing = [".target sm_90"]
    for line in compare.our_lines(CUBIN):
        low, high = line.word & (1 << 64) - 1, line.word >> 64
        listing.append(f"        /*{line.pc:04x}*/  {line.text} ;  /* 0x{low:016x} */")
        listing.append(f"        /* 0x{high:016x} */")
    (tmp_path / "listing").write_text("\n".join(listing))
    program = tmp_path / "nvdisasm"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "release 1, V1.2" || cat {tmp_path}/listing\n'
    )
    program.chmod(0o755)
    results, witnesses = tmp_path / "results.json", tmp_path / "witness.json.gz"
    words = ["--nvdisasm", program, "--json", results, "--witness", witnesses, CUBIN]
    monkeypatch.setattr(sys, "argv", ["compare_disassembly", *map(str, words)])

    assert compare.main() == 0

    assert "(100.000 %)" in capsys.readouterr().out
    counts = json.loads(results.read_text())["counts"]["sm_90"]
    assert counts["equal"] == counts["instructions"] > 100
    assert len(json.loads(gzip.decompress(witnesses.read_bytes()))) > 10
