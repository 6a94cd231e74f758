"""The importer of structure layouts: what it reads, and that the committed tables are what it writes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = """\
## SAMPLE_PARAMS size=0x30 (48)
  +0x0000    0x4 hObject : NvHandle
  +0x0008   0x10 inner : SAMPLE_INNER
  +0x0008    0x4   flags : NvU32
  +0x0010    0x8   route : NvU64
  +0x0018    0x8 <anon> : union {...}
  +0x0018    0x8   asWord : NvU64
  +0x0018    0x8   asBytes : NvU8 [4] [2]
  +0x0020    0x8 list : struct {...} [2]
  +0x0020    0x2   id : NvU16
  +0x0022    0x2   kind : NvU16
  +0x0028    0x8 entries : SAMPLE_ENTRY [2]
struct SAMPLE_ENTRY size=0x4 (4)
  +0x0000    0x4 fd : int
## MISSING: NOT FOUND
"""


@pytest.fixture(scope="module")
def importer():
    spec = importlib.util.spec_from_file_location("import_layouts", ROOT / "scripts" / "import_layouts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_members_unions_and_arrays_are_read(importer):
    known = importer.read_layouts(SAMPLE)

    assert known["SAMPLE_PARAMS"] == {
        "size": 0x30,
        "fields": {
            "hObject": [0, "u4"],
            "inner.flags": [8, "u4"],
            "inner.route": [0x10, "u8"],
            "asWord": [0x18, "u8"],
            "asBytes": [0x18, "u1", 8],
            "list": [0x20, "SAMPLE_PARAMS.list", 2],
            "entries": [0x28, "SAMPLE_ENTRY", 2],
        },
    }
    assert known["SAMPLE_PARAMS.list"] == {"size": 4, "fields": {"id": [0, "u2"], "kind": [2, "u2"]}}
    assert known["SAMPLE_ENTRY"] == {"size": 4, "fields": {"fd": [0, "i4"]}}
    assert "MISSING" not in known


def test_a_line_that_is_not_understood_stops_the_import(importer):
    with pytest.raises(SystemExit, match="line 2"):
        importer.read_layouts("## A size=0x4 (4)\n  +0x0000 nonsense\n")


def test_a_structure_that_is_wanted_but_missing_stops_the_import(importer, tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "TABLES", tmp_path)
    with pytest.raises(SystemExit, match="NVOS21_PARAMETERS"):
        importer.write_abi("abi_1", ["1.0"], [SAMPLE])
    assert not list(tmp_path.iterdir())


def test_tables_are_written_with_their_versions(importer, tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "TABLES", tmp_path)
    monkeypatch.setattr(importer, "WANTED", {"abi": ["SAMPLE_PARAMS"]})
    monkeypatch.setattr(importer, "WRITTEN_OUT", {})
    importer.write_abi("abi_1", ["1.0", "1.1"], [SAMPLE])
    importer.write_abi("abi_2", ["2.0"], [SAMPLE])

    assert json.loads((tmp_path / "index.json").read_text()) == {
        "abi_1.json": ["1.0", "1.1"],
        "abi_2.json": ["2.0"],
    }
    structs = json.loads((tmp_path / "abi_1.json").read_text())["structs"]
    assert set(structs) == {"SAMPLE_PARAMS", "SAMPLE_PARAMS.list", "SAMPLE_ENTRY"}


def test_words_that_the_headers_split_into_bit_fields_are_added(importer, tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "TABLES", tmp_path)
    monkeypatch.setattr(importer, "WANTED", {"gsp": ["SPLIT"]})
    monkeypatch.setattr(importer, "WORDS_OF_BITS", {"SPLIT": {"desc": [4, "u4"]}, "OTHER": {"x": [0, "u4"]}})
    split = """\
## SPLIT size=0x8 (8)
  +0x0000    0x4 count : NvU32
  +0x0004    0x4 desc : struct pte_desc
  +0x0004    0x4   idr : NvU32 bits 0..+2
  +0x0006    0x4   length : NvU32 bits 0..+16
  +0x0008    0x0   pages : union {...} []
"""
    importer.write_abi("gsp_1", ["1.0"], [split])

    structs = json.loads((tmp_path / "gsp_1.json").read_text())["structs"]
    assert structs == {"SPLIT": {"size": 8, "fields": {"count": [0, "u4"], "desc": [4, "u4"]}}}


def test_the_committed_tables_hold_what_is_wanted_and_say_where_it_is_from(importer):
    tables = ROOT / "driver" / "abi" / "tables"
    for name in json.loads((tables / "index.json").read_text()):
        table = json.loads((tables / name).read_text())
        assert set(importer.WANTED[name.split("_")[0]]) <= set(table["structs"])
        assert table["source"].startswith("OGKM:")


def test_status_names_are_taken_from_the_header(importer, tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "TABLES", tmp_path)
    importer.write_status(
        'NV_STATUS_CODE(NV_OK,  0x00000000, "Success")\nNV_STATUS_CODE(NV_ERR_X, 0x1F, "No")\n'
    )

    assert json.loads((tmp_path / "status.json").read_text())["codes"] == {
        "0": ["NV_OK", "Success"],
        "31": ["NV_ERR_X", "No"],
    }
