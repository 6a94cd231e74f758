"""decode: what it prints, where it reads from, and that no input makes it do anything but end cleanly."""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from barewire.tools import cli
from barewire.tools.decode import looks_like_json
from barewire.tools.exits import Exit
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).resolve()
GOLDEN = Path(os.environ.get("BAREWIRE_GOLDEN") or HERE.parents[4] / "shared" / "golden")
RECORDING = GOLDEN / "h100-580" / "pushbuffers.json"

CLEAN = (Exit.OK, Exit.USAGE, Exit.INPUT)

# Two methods of the compute class on subchannel 1, one of the copy class on 4, one that no class has.
OFFSET_OUT = [0x20022062, 0x7FCE, 0x4E290000]
COPY_LINE_LENGTH = [0x20018106, 0x100000]
NAMELESS = [0x20010000 | 1 << 13 | 0x16C >> 2, 0x12345678]


def binary(words):
    return np.array(words, "<u4").tobytes()


@pytest.fixture
def words_file(tmp_path):
    def write(words):
        path = tmp_path / "words.bin"
        path.write_bytes(binary(words))
        return path

    return write


@pytest.fixture
def recording_file(tmp_path):
    """A recording of one operation with one segment of these words."""

    def write(words, **changes):
        segment, entry = 0x200800000, 0x200600000
        context = ["00000000"] * 8
        pointer = [f"{segment & 0xFFFFFFFF:08x}", f"{segment >> 32 | len(words) << 10:08x}"]
        spans = [
            {"addr": hex(entry), "map": "/dev/nvidia0", "words": [*context, *pointer, *context]},
            {"addr": hex(segment), "map": "/dev/nvidiactl", "words": [f"{word:08x}" for word in words]},
        ]
        document = {"gpu": "a GPU", "driver": "580", "compute_class": "cbc0"}
        document["records"] = [{"op": "first", "grid": [1, 2, 3], "segments": spans}]
        path = tmp_path / "recording.json"
        path.write_text(json.dumps({**document, **changes}))
        return path

    return write


def test_methods_are_shown_under_nvidias_names(barewire_command, words_file, read_tables):
    shown = barewire_command("decode", "pushbuffer", words_file(OFFSET_OUT + COPY_LINE_LENGTH))
    ((*rows,),) = read_tables(shown.out)

    assert shown.code == Exit.OK
    assert [(row["name"], row["value"], row["subchannel"]) for row in rows] == [
        ("NVCBC0_OFFSET_OUT_UPPER", "0x00007fce", "1"),
        ("NVCBC0_OFFSET_OUT", "0x4e290000", "1"),
        ("NVC8B5_LINE_LENGTH_IN", "0x00100000", "4"),
    ]
    assert "unknown" not in shown.out


def test_a_method_that_no_class_has_prints_the_word_unknown(barewire_command, words_file):
    text = barewire_command("decode", "pushbuffer", words_file(NAMELESS))
    data = barewire_command("decode", "pushbuffer", words_file(NAMELESS), "--json").data

    assert text.code == Exit.OK
    assert "unknown" in text.out
    assert [row["name"] for row in data["operations"]] == ["unknown"]
    assert data["methods_without_name"] == 1


@pytest.mark.parametrize(
    "options, name",
    [
        ([], "NVCBC0_OFFSET_OUT_UPPER"),
        (["--class", "c6c0"], "NVC6C0_OFFSET_OUT_UPPER"),
        (["--class", "0xC7C0"], "NVC7C0_OFFSET_OUT_UPPER"),
        (["--class", "cbc0", "--class", "1=c9c0"], "NVC9C0_OFFSET_OUT_UPPER"),
    ],
)
def test_the_class_decides_the_names(barewire_command, words_file, options, name):
    data = barewire_command("decode", "pushbuffer", words_file(OFFSET_OUT), "--json", *options).data

    assert data["operations"][0]["name"] == name


def test_a_device_can_tell_the_class(barewire_command, words_file, device):
    device.facts.classes.compute = 0xC7C0
    data = barewire_command("decode", "pushbuffer", words_file(OFFSET_OUT), "--device", "nv:0", "--json").data

    assert data["operations"][0]["name"] == "NVC7C0_OFFSET_OUT_UPPER"
    assert device.closed == 1


@pytest.mark.parametrize("text", ["", "xyz", "8=cbc0", "1=", "beef", "cbc00", "1=cbc0=2"])
def test_a_class_that_is_none_is_a_usage_error(barewire_command, words_file, text):
    shown = barewire_command("decode", "pushbuffer", words_file(OFFSET_OUT), "--class", text)

    assert shown.code == Exit.USAGE


def test_standard_input_is_read_for_a_dash(barewire_command, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(binary(OFFSET_OUT))))

    assert "NVCBC0_OFFSET_OUT" in barewire_command("decode", "pushbuffer", "-").out


@pytest.mark.parametrize("kind", ["pushbuffer", "qmd"])
@pytest.mark.parametrize("data", [b"", b"\1\2\3"])
def test_what_is_no_whole_number_of_words_is_refused(barewire_command, tmp_path, kind, data):
    path = tmp_path / "odd"
    path.write_bytes(data)
    shown = barewire_command("decode", kind, path)

    assert shown.code == Exit.INPUT
    assert f"{len(data)} bytes" in shown.err


@pytest.mark.parametrize("kind", ["pushbuffer", "qmd"])
def test_a_missing_file_is_an_input_error(barewire_command, tmp_path, kind):
    shown = barewire_command("decode", kind, tmp_path / "nothing", "--json")

    assert shown.code == Exit.INPUT == shown.data["exit_code"]
    assert "nothing" in shown.data["message"]


def test_a_pushbuffer_that_breaks_off_shows_what_stands_before(barewire_command, words_file):
    path = words_file([*OFFSET_OUT, 0x20052062, 1])
    text, data = barewire_command("decode", "pushbuffer", path), None
    data = barewire_command("decode", "pushbuffer", path, "--json")

    assert text.code == data.code == Exit.INPUT
    assert [row["name"] for row in data.data["operations"]][:2] == [
        "NVCBC0_OFFSET_OUT_UPPER",
        "NVCBC0_OFFSET_OUT",
    ]
    assert data.data["problem"].startswith("word 3: ")
    assert data.data["problem"] in text.out


def test_a_recording_is_decoded_segment_by_segment(barewire_command, recording_file):
    shown = barewire_command("decode", "pushbuffer", recording_file(OFFSET_OUT), "--json")
    (record,) = shown.data["records"]
    (segment,) = record["segments"]

    assert (record["op"], record["facts"]) == ("first", {"grid": [1, 2, 3]})
    assert (segment["gpu_va"], segment["length_words"]) == ("0x0200800000", 3)
    assert [row["value"] for row in segment["operations"]] == ["0x00007fce", "0x4e290000"]


def test_text_and_json_of_a_recording_carry_the_same_operations(
    barewire_command, recording_file, read_tables
):
    path = recording_file(OFFSET_OUT + NAMELESS)
    ((*rows,),) = read_tables(barewire_command("decode", "pushbuffer", path).out)
    data = barewire_command("decode", "pushbuffer", path, "--json").data

    operations = data["records"][0]["segments"][0]["operations"]
    assert [row["name"] for row in rows] == [row["name"] for row in operations]
    assert [row["value"] for row in rows] == [row["value"] for row in operations]


def test_one_operation_of_a_recording_can_be_chosen(barewire_command, recording_file):
    path = recording_file(OFFSET_OUT)

    assert barewire_command("decode", "pushbuffer", path, "--record", "first").code == Exit.OK
    missing = barewire_command("decode", "pushbuffer", path, "--record", "second")
    assert missing.code == Exit.USAGE
    assert "first" in missing.err


def test_raw_words_have_no_operations_to_choose(barewire_command, words_file):
    assert (
        barewire_command("decode", "pushbuffer", words_file(OFFSET_OUT), "--record", "x").code == Exit.USAGE
    )


@pytest.mark.parametrize(
    "changes", [{"records": 3}, {"records": [1]}, {"records": [{"op": "a"}]}, {"compute_class": "zz"}]
)
def test_json_that_is_no_recording_is_an_input_error(barewire_command, recording_file, changes):
    assert barewire_command("decode", "pushbuffer", recording_file(OFFSET_OUT, **changes)).code == Exit.INPUT


def test_names_in_a_recording_cannot_steer_a_terminal(barewire_command, recording_file):
    assert (
        "\x1b" not in barewire_command("decode", "pushbuffer", recording_file(OFFSET_OUT, gpu="\x1b[2J")).out
    )


def test_a_summary_tells_what_the_methods_do_together(barewire_command, words_file):
    release = [0x200426C0, 2, 0x0460FFF0, 7, 4]
    data = barewire_command("decode", "pushbuffer", words_file(release), "--summary", "--json").data

    assert [event["event"] for event in data["events"]] == ["SemaphoreRelease"]
    assert "0x20460fff0" in data["events"][0]["description"]


@pytest.mark.parametrize(
    "data, is_json", [(b' \n{"records": []}', True), (b"{\0\0\0", False), (b"\x01{", False)]
)
def test_json_is_told_from_words_by_its_beginning(data, is_json):
    assert looks_like_json(data) is is_json


@pytest.mark.skipif(not RECORDING.exists(), reason="the recordings are not here (set BAREWIRE_GOLDEN)")
def test_every_method_of_the_recorded_driver_has_a_name(barewire_command):
    shown = barewire_command("decode", "pushbuffer", RECORDING, "--json")

    assert shown.code == Exit.OK
    assert len(shown.data["records"]) == 28
    assert all(record["segments"] for record in shown.data["records"])
    assert shown.data["methods_without_name"] == 0
    assert "unknown" not in barewire_command("decode", "pushbuffer", RECORDING).out


# QMDs


def hopper_qmd(**fields):
    from barewire.regs import qmd

    table = qmd.load("V04_00")
    words = [0] * (table.size_bytes // 4)
    for name, value in {"QMD_MAJOR_VERSION": 4, **fields}.items():
        table.put(words, name, value)
    return words


def test_a_qmd_shows_the_fields_that_are_set(barewire_command, words_file):
    data = barewire_command("decode", "qmd", words_file(hopper_qmd(QMD_TYPE=2)), "--json").data
    fields = {row["field"]: row for row in data["fields"]}

    assert (data["version"], data["size_bytes"]) == ("V04_00", 384)
    assert set(fields) == {"QMD_MAJOR_VERSION", "QMD_TYPE"}
    assert fields["QMD_TYPE"]["value"] == "0x2"
    assert fields["QMD_TYPE"]["name"] == "GRID_CTA"


def test_a_qmd_of_another_size_is_an_input_error(barewire_command, words_file):
    path = words_file(hopper_qmd()[:64])

    assert barewire_command("decode", "qmd", path, "--version", "V04_00").code == Exit.INPUT


@pytest.mark.parametrize("version", ["V99_00", "../../x", "4", "v04_00", "00"])
def test_a_version_that_no_header_describes_is_a_usage_error(barewire_command, words_file, version):
    shown = barewire_command("decode", "qmd", words_file(hopper_qmd()), "--version", version)

    assert shown.code == Exit.USAGE
    assert "Traceback" not in shown.err


def test_a_qmd_of_no_known_version_is_an_input_error(barewire_command, words_file):
    assert barewire_command("decode", "qmd", words_file([0] * 96)).code == Exit.INPUT


# Whatever comes in, the program ends with one of its exit codes and without a traceback.


def end_of(*words, stdin=b""):
    """(exit code, standard output, standard error) of the program on these words."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main([str(word) for word in words])
    finally:
        sys.stdin = before
    return code, out.getvalue(), err.getvalue()


def assert_clean(code, out, err, as_json):
    assert code in CLEAN
    assert "Traceback" not in err
    if as_json:
        assert err == ""
        json.loads(out)
    else:
        assert out or err.startswith("barewire: ")


JSON = st.booleans()
HEADERS = st.builds(
    lambda operation, count, subchannel, method: operation << 29 | count << 16 | subchannel << 13 | method,
    st.integers(0, 7),
    st.integers(0, 6),
    st.integers(0, 7),
    st.integers(0, 0xFFF),
)
WORDS = st.lists(HEADERS | st.integers(0, 0xFFFFFFFF), max_size=24)


@given(WORDS, JSON, st.booleans())
def test_any_words_decode_or_end_cleanly_as_a_pushbuffer(words, as_json, summary):
    options = ["--json"] * as_json + ["--summary"] * summary
    assert_clean(*end_of("decode", "pushbuffer", "-", *options, stdin=binary(words)), as_json)


@given(st.binary(max_size=400), JSON)
def test_any_bytes_end_cleanly_as_a_pushbuffer(data, as_json):
    assert_clean(*end_of("decode", "pushbuffer", "-", *["--json"] * as_json, stdin=data), as_json)


@given(st.binary(min_size=384, max_size=384) | st.binary(min_size=256, max_size=256) | st.binary(), JSON)
@settings(max_examples=50)
def test_any_bytes_end_cleanly_as_a_qmd(data, as_json):
    assert_clean(*end_of("decode", "qmd", "-", *["--json"] * as_json, stdin=data), as_json)


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=96, max_size=96), st.sampled_from(["V04_00", "V05_00"]))
@settings(max_examples=30)
def test_any_words_decode_as_a_qmd_of_a_version_of_their_size(words, version):
    code, out, _ = end_of("decode", "qmd", "-", "--version", version, "--json", stdin=binary(words))

    assert code == Exit.OK
    assert json.loads(out)["version"] == version


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
KEYS = st.sampled_from(["op", "segments", "addr", "map", "words", "records", "compute_class", "gpu"])
ANYTHING = st.recursive(
    PLAIN | st.sampled_from(["0x200800000", "cbc0", "00800000", "00000402", "/dev/nvidia0"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(KEYS, ANYTHING, max_size=6), JSON)
def test_any_json_ends_cleanly_as_a_recording(document, as_json):
    data = json.dumps(document).encode()
    assert_clean(*end_of("decode", "pushbuffer", "-", *["--json"] * as_json, stdin=data), as_json)


@given(WORDS.filter(bool), st.integers(0, 0x7FF), JSON)
def test_any_segment_of_a_recording_ends_cleanly(words, length, as_json):
    spans = [
        {"addr": "0x200600000", "map": "/dev/nvidia0", "words": ["00800000", f"{2 | length << 10:08x}"]},
        {"addr": "0x200800000", "map": "/dev/nvidiactl", "words": [f"{word:08x}" for word in words]},
    ]
    data = json.dumps({"records": [{"op": "x", "segments": spans}]}).encode()
    assert_clean(*end_of("decode", "pushbuffer", "-", *["--json"] * as_json, stdin=data), as_json)


@given(st.lists(st.text("-=dcxbqv01. \t{}:,pushbuffer", max_size=12), max_size=6))
def test_any_command_line_ends_cleanly(words):
    code, out, err = end_of("decode", *words, stdin=b"")

    assert code in CLEAN
    assert "Traceback" not in err
    assert out or err
