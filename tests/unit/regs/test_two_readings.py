"""The importer and the second parser, which share no code, read the same things into a header."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HEADER = b"""
#ifndef __example_h__
#define __example_h__
#define NV_PEXAMPLE                          0x00001FFF:0x00001000 /* RW--D */
#define NV_PEXAMPLE_STATUS                              0x00001040 /* R--4R */
#define NV_PEXAMPLE_STATUS_STATE                               3:1 /* R--VF */
#define NV_PEXAMPLE_STATUS_STATE_IDLE                   0x00000000 /* R---V */
#define NV_PEXAMPLE_STATUS_STATE_BUSY                            5 /* R---V */
#define NV_PEXAMPLE_QUEUE(i)                  (0x00001100+(i)*16) // an array
#define NV_PEXAMPLE_QUEUE__SIZE_1                                4
#define NV_PEXAMPLE_QUEUE_PENDING(j)                       (j):(j)
#define NV_PEXAMPLE_GRID(i,j)           (0x1200+(i)*0x40+((j)<<2)) /* RW-4A */
#define NV_PEXAMPLE_ODD(i)       ((i)>0?(0x1400+((i)-1)*4):0x1300) /* RW-4A */
#define NV_PEXAMPLE_MAILBOX                   NV_PEXAMPLE_QUEUE(3)
#define NV_PEXAMPLE_MAILBOX_WORD                   (0*32+31):(32*0)
#define NV_PEXAMPLE_NOTE                                 "a string"
#endif
"""


def facts_of_importer(importer, table_facts, data):
    header = importer.Header("OGKM", "dev_example.h", data)
    table = importer.ChipImporter([header]).table("example")
    return {fact for _header, fact in table_facts._chip(table)}


def test_both_read_an_example_alike(importer, second_parser, table_facts):
    (second,) = second_parser.read_headers({"OGKM:dev_example.h": HEADER}).values()

    assert facts_of_importer(importer, table_facts, HEADER) == second
    assert {
        "NV_PEXAMPLE = 8191:4096",
        "NV_PEXAMPLE_STATUS = 4160",
        "NV_PEXAMPLE_STATUS_STATE = 3:1",
        "NV_PEXAMPLE_STATUS_STATE_BUSY = 5",
        "NV_PEXAMPLE_QUEUE(7) = 4464",
        "NV_PEXAMPLE_QUEUE_PENDING(2) = 2:2",
        "NV_PEXAMPLE_GRID(2, 3) = 4748",
        "NV_PEXAMPLE_ODD(0) = 4864",
        "NV_PEXAMPLE_ODD(2) = 5124",
        "NV_PEXAMPLE_MAILBOX = 4400",
        "NV_PEXAMPLE_MAILBOX_WORD = 31:0",
    } <= second


def test_the_second_parser_sees_a_changed_bit(second_parser):
    changed = HEADER.replace(b"3:1 ", b"3:2 ")

    before = second_parser.read_headers({"OGKM:h": HEADER})["OGKM:h"]
    after = second_parser.read_headers({"OGKM:h": changed})["OGKM:h"]

    assert before - after == {"NV_PEXAMPLE_STATUS_STATE = 3:1"}
    assert after - before == {"NV_PEXAMPLE_STATUS_STATE = 3:2"}


def test_the_importer_sorts_what_it_reads(importer):
    header = importer.Header("OGKM", "dev_example.h", HEADER)

    (unit,) = importer.ChipImporter([header]).table("example")["headers"]

    assert set(unit["registers"]) == {
        "NV_PEXAMPLE_STATUS", "NV_PEXAMPLE_QUEUE", "NV_PEXAMPLE_GRID",
        "NV_PEXAMPLE_ODD", "NV_PEXAMPLE_MAILBOX",
    }  # fmt: skip
    assert unit["registers"]["NV_PEXAMPLE_STATUS"][3]["STATE"] == [3, 1, [], {"IDLE": 0, "BUSY": 5}]
    assert unit["aliases"] == {"NV_PEXAMPLE_MAILBOX": "NV_PEXAMPLE_QUEUE(3)"}
    assert unit["sizes"] == {"NV_PEXAMPLE_QUEUE__SIZE_1": 4}
    assert unit["spaces"] == {"NV_PEXAMPLE": [0x1FFF, 0x1000]}


def test_a_number_that_does_not_fit_into_a_field_is_no_value_of_it(importer):
    text = b"""
#define NV_PX_NOTIFY                        0x00000400 /* RW-4P */
#define NV_PX_NOTIFY_ON                            0:0 /* RWIVF */
#define NV_PX_NOTIFY_ON_TRUE                0x00000001 /* RW--V */
#define NV_PX_NOTIFY_ON_WHO__PRIV_LEVEL_MASK  0x400124 /*       */
"""
    (unit,) = importer.ChipImporter([importer.Header("OGKM", "dev_x.h", text)]).table("x")["headers"]

    assert unit["registers"]["NV_PX_NOTIFY"][3]["ON"] == [0, 0, [], {"TRUE": 1}]
    assert unit["constants"] == {"NV_PX_NOTIFY_ON_WHO__PRIV_LEVEL_MASK": 0x400124}


def test_a_class_header_keeps_methods_apart_from_values(importer):
    text = b"""
#define EXAMPLE_COMPUTE_A 0xCBC0
#define NVCBC0_SET_THING                0x0100
#define NVCBC0_SET_THING_MODE              1:0
#define NVCBC0_SET_THING_MODE_OFF   0x00000000
#define NVCBC0_SET_THING_MODE_ON    0x00000001
#define NVCBC0_SET_THING_B              0x0104
#define NVCBC0_SET_TABLE(i)     (0x0200+(i)*8)
#define NVCBC0_SET_TABLE_V                31:0
"""
    layout = importer.parse_class(importer.Header("open-gpu-doc", "clcbc0.h", text), 0xCBC0)

    assert layout.title == "EXAMPLE_COMPUTE_A"
    assert layout.methods == {
        "SET_THING": [0x100, 0, 1, {"MODE": [1, 0, {"OFF": 0, "ON": 1}]}],
        "SET_THING_B": [0x104, 0, 1, {}],
        "SET_TABLE": [0x200, 8, None, {"V": [31, 0, {}]}],
    }


bits = st.tuples(st.integers(0, 31), st.integers(0, 31)).map(lambda pair: (max(pair), min(pair)))
registers = st.tuples(
    st.integers(0x40, 0x3FFFFF).map(lambda word: 4 * word),  # offset
    st.sampled_from([0, 4, 8, 0x100]),  # stride
    st.lists(
        st.tuples(bits, st.lists(st.integers(0, 0xFFFFFFFF), max_size=3)), max_size=4
    ),  # fields and values
)


def render(rows):
    """A header in the style of NVIDIA's from register descriptions."""
    lines = []
    for number, (offset, stride, fields) in enumerate(rows):
        name = f"NV_PRANDOM_R{number}"
        if stride:
            lines.append(f"#define {name}(i)   (0x{offset:08x}+(i)*{stride}) /* RW-4A */")
        else:
            lines.append(f"#define {name}   0x{offset:08X} /* RW-4R */")
        for at, ((high, low), values) in enumerate(fields):
            lines.append(f"#define {name}_F{at}   {high}:{low} /* RWIVF */")
            lines += [f"#define {name}_F{at}_V{i}  0x{v:08x} /* RW--V */" for i, v in enumerate(values)]
    return "\n".join(lines).encode()


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(registers, min_size=1, max_size=6))
def test_both_read_any_header_alike(importer, second_parser, table_facts, rows):
    data = render(rows)

    (second,) = second_parser.read_headers({"OGKM:h": data}).values()

    assert facts_of_importer(importer, table_facts, data) == second
    assert len(second) >= len(rows)


def test_check_reports_a_difference_and_writes_nothing(importer, tmp_path):
    (tmp_path / "classes").mkdir()
    (tmp_path / "classes" / "cbc0.json").write_bytes(b"{}")
    files = {"classes/cbc0.json": b"{ }", "classes/c86f.json": b"{}"}

    assert importer.differences(files, tmp_path) == [
        "classes/cbc0.json: differs",
        "classes/c86f.json: missing",
    ]
    assert (tmp_path / "classes" / "cbc0.json").read_bytes() == b"{}"


def test_a_missing_header_is_one_sentence_and_exit_code_2(importer, tmp_path, capsys):
    code = importer.main(["--headers", str(tmp_path), "--check"])

    assert code == 2
    assert "--fetch-headers" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_a_repository_is_fetched_at_its_revision_alone(importer, tmp_path):
    origin, copy = tmp_path / "origin", tmp_path / "copy"
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "--quiet", str(origin)], check=True)
    (origin / "dev_x.h").write_bytes(HEADER)
    subprocess.run(["git", "-C", str(origin), "add", "dev_x.h"], check=True)
    subprocess.run(["git", "-C", str(origin), *identity, "commit", "--quiet", "-m", "x"], check=True)
    head = subprocess.run(["git", "-C", str(origin), "rev-parse", "HEAD"], check=True, capture_output=True)
    revision = head.stdout.decode().strip()

    importer._clone(f"file://{origin}", revision, copy)

    shown = subprocess.run(["git", "-C", str(copy), "show", f"{revision}:dev_x.h"], capture_output=True)
    assert shown.stdout == HEADER
