"""run: kernels on .npy files. Whatever goes wrong, it is said, and no file changes."""

import os
import stat

import barewire
import numpy as np
import pytest
from barewire.errors import MmuFault
from barewire.tools import arguments, files
from barewire.tools.arguments import WrongArgument
from barewire.tools.exits import Exit
from barewire.tools.files import FileProblem
from hypothesis import given
from hypothesis import strategies as st

SHAPE = ("--grid", "4,1,1", "--block", "256")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a cubin, x.npy and y.npy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kernels.cubin").write_bytes(b"\x7fELF and more")
    np.save("x.npy", np.arange(1024, dtype=np.float32))
    np.save("y.npy", np.full(1024, 10, np.float32))
    return tmp_path


@pytest.fixture
def contents(folder):
    """What is in the folder: every file's name, bytes and permissions."""
    return lambda: {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}


@pytest.fixture
def run(folder, barewire_command):
    return lambda *words: barewire_command("run", "kernels.cubin", "saxpy", *SHAPE, *words)


SAXPY = ("in:x.npy", "inout:y.npy", "f32:2.0")


def test_a_kernel_runs_on_files_and_its_output_is_written_in_place(run, device, folder):
    shown = run(*SAXPY)

    assert shown.code == Exit.OK
    assert np.array_equal(np.load("y.npy"), 2 * np.arange(1024) + 10)
    assert np.array_equal(np.load("x.npy"), np.arange(1024))
    assert device.submitted == [("saxpy", (4, 1, 1), (256, 1, 1), 0)]
    assert device.closed == 1


def test_where_it_ran_is_said(run, device):
    assert run(*SAXPY, "--json").data["device"] == "nv:0"
    device.name = "soft:gh100"
    assert "software GPU in this process" in run(*SAXPY, "--json").data["kind"]


def test_options_may_stand_before_between_and_behind_the_words(barewire_command, device, folder):
    words = ("run", "--grid", "4", "kernels.cubin", "--block", "256", "saxpy", "in:x.npy", "--shared", "64")
    assert barewire_command(*words, "inout:y.npy", "--json", "f32:2").code == Exit.OK

    assert device.submitted == [("saxpy", (4, 1, 1), (256, 1, 1), 64)]


def test_a_kernel_without_arguments_runs_too(barewire_command, device, folder, recwarn):
    shown = barewire_command("run", "kernels.cubin", "empty", "--json")

    assert shown.code == Exit.OK
    assert shown.data["arguments"] == []
    assert device.submitted == [("empty", (1, 1, 1), (1, 1, 1), 0)]
    assert list(recwarn) == []


def test_an_output_that_is_not_on_disk_names_its_type_and_shape(run, device, folder):
    shown = run("in:x.npy", "out:z.npy:float32:1024", "f32:0.5")

    assert shown.code == Exit.OK
    written = np.load("z.npy")
    assert written.dtype == np.float32
    assert np.array_equal(written, np.arange(1024) / 2)


def test_an_output_that_is_on_disk_keeps_type_shape_and_permissions(run, device, folder):
    os.chmod("y.npy", 0o640)

    assert run("in:x.npy", "out:y.npy", "f32:1").code == Exit.OK
    assert np.array_equal(np.load("y.npy"), np.arange(1024))
    assert stat.S_IMODE(os.stat("y.npy").st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(run, device, folder):
    (folder / "usual").touch()
    run("in:x.npy", "out:z.npy:float32:1024", "f32:1")

    assert os.stat("z.npy").st_mode == os.stat("usual").st_mode


def test_an_output_behind_a_link_is_written_where_the_link_points(run, device, folder):
    os.symlink("y.npy", "link.npy")

    assert run("in:x.npy", "inout:link.npy", "f32:1").code == Exit.OK
    assert os.path.islink("link.npy")
    assert np.load("y.npy")[1] == 11


def test_what_was_done_is_told_as_json(run, device):
    data = run(*SAXPY, "--json").data

    assert (data["kernel"], data["grid"], data["block"], data["shared_bytes"]) == (
        "saxpy",
        [4, 1, 1],
        [256, 1, 1],
        0,
    )
    assert [row["written"] for row in data["arguments"]] == [False, True, False]
    assert data["arguments"][2]["value"] == 2.0


def test_text_and_json_of_a_run_carry_the_same_arguments(run, device, read_tables):
    ((*rows,),) = read_tables(run(*SAXPY).out)
    data = run(*SAXPY, "--json").data

    assert rows[0]["file"] == data["arguments"][0]["file"] == "x.npy"
    assert [row["kind"] for row in rows] == [row["kind"] for row in data["arguments"]]


@pytest.fixture
def opened(opens):
    """How often a device was opened."""
    count = []

    def refuse(*args, **options):
        count.append(args)
        raise AssertionError("a device was opened")

    opens(refuse)
    return count


WRONG_WORDS = {
    "no kind": ["x.npy"],
    "unknown kind": ["f128:1"],
    "no file": ["in:"],
    "output without a type": ["out:new.npy"],
    "unknown type": ["out:new.npy:float8:4"],
    "no such shape": ["out:new.npy:float32:4x"],
    "a shape with a zero": ["out:new.npy:float32:4x0"],
    "a shape with a sign": ["out:new.npy:float32:-4"],
    "another type than on disk": ["out:y.npy:float64:1024"],
    "another shape than on disk": ["out:y.npy:float32:1023"],
    "two outputs to one file": ["out:y.npy", "inout:y.npy"],
    "two outputs to one file by two names": ["out:y.npy", "inout:./y.npy"],
    "no number": ["f32:two"],
    "a fraction": ["i32:1.5"],
    "too large for i32": ["i32:2147483648"],
    "too small for i32": ["i32:-2147483649"],
    "negative for u32": ["u32:-1"],
    "too large for u64": ["u64:18446744073709551616"],
    "too large for f16": ["f16:70000"],
    "too large for f32": ["f32:1e39"],
    "a grid of four": ["--grid", "1,1,1,1"],
    "a grid of zero": ["--grid", "0"],
    "a grid of words": ["--grid", "many"],
    "a block with a sign": ["--block", "-1"],
    "shared memory of words": ["--shared", "some"],
    "negative shared memory": ["--shared=-1"],
    "a timeout of nothing": ["--timeout", "0"],
    "a timeout of words": ["--timeout", "soon"],
    "a timeout that never comes": ["--timeout", "nan"],
}


@pytest.mark.parametrize("words", WRONG_WORDS.values(), ids=WRONG_WORDS.keys())
def test_a_wrong_word_is_said_before_a_device_is_opened(run, opened, contents, words):
    before = contents()
    shown = run(*words)

    assert shown.code == Exit.USAGE
    assert shown.err.startswith("barewire: ")
    assert "Traceback" not in shown.err
    assert opened == []
    assert contents() == before


def spoil(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def save(name, array, **options):
    return lambda folder: np.save(folder / name, array, **options)


def truncate(folder):
    (folder / "x.npy").write_bytes((folder / "x.npy").read_bytes()[:-4])


def huge(folder):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"
    header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
    (folder / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


WRONG_FILES = {
    "missing": lambda folder: (folder / "x.npy").unlink(),
    "empty": spoil("x.npy", b""),
    "not an array": spoil("x.npy", b"hello, world" * 10),
    "truncated": truncate,
    "promises more than it has": huge,
    "pickled objects": save("x.npy", np.array([{}, 1], object), allow_pickle=True),
    "strings": save("x.npy", np.array(["a"])),
    "complex numbers": save("x.npy", np.zeros(4, complex)),
    "no elements": save("x.npy", np.zeros((3, 0), np.float32)),
    "big-endian": save("x.npy", np.zeros(4, ">f4")),
    "a folder": lambda folder: ((folder / "x.npy").unlink(), (folder / "x.npy").mkdir()),
}


@pytest.mark.parametrize("arrange", WRONG_FILES.values(), ids=WRONG_FILES.keys())
@pytest.mark.parametrize("role", ["in", "inout", "out"])
def test_a_wrong_file_is_said_before_a_device_is_opened(run, opened, folder, arrange, role):
    arrange(folder)
    shown = run(f"{role}:x.npy")

    # A missing output is a matter of the command line, anything else one of the file.
    assert shown.code in (Exit.INPUT, Exit.USAGE)
    assert shown.err.startswith("barewire: ")
    assert "Traceback" not in shown.err
    assert opened == []


@pytest.mark.parametrize("words", [["out:nowhere/z.npy:float32:4"], ["in:nowhere/z.npy"], ["in:x\0.npy"]])
def test_a_place_that_is_not_there_is_said_before_a_device_is_opened(run, opened, words):
    assert run(*words).code == Exit.INPUT
    assert opened == []


@pytest.mark.parametrize("image, code", [("nothing.cubin", Exit.INPUT), ("empty.cubin", Exit.INPUT)])
def test_a_missing_or_empty_image_is_said_before_a_device_is_opened(
    barewire_command, opened, folder, image, code
):
    (folder / "empty.cubin").touch()

    assert barewire_command("run", image, "saxpy", "in:x.npy").code == code
    assert opened == []


def test_a_foreign_image_is_an_input_error(barewire_command, device, folder):
    (folder / "kernels.cubin").write_bytes(b"MZ")

    assert barewire_command("run", "kernels.cubin", "saxpy", "in:x.npy").code == Exit.INPUT


def test_a_kernel_that_is_not_there_names_those_that_are(barewire_command, device, folder):
    shown = barewire_command("run", "kernels.cubin", "saxqy", *SAXPY)

    assert shown.code == Exit.USAGE
    assert "saxpy" in shown.err
    assert device.closed == 1


@pytest.mark.parametrize(
    "words", [["in:x.npy", "inout:y.npy"], [*SAXPY, "f32:1"], [*SAXPY, "--shared", "1000000"]]
)
def test_what_the_driver_refuses_leaves_every_file_as_it_was(run, device, contents, words):
    before = contents()

    assert run(*words).code == Exit.USAGE
    assert contents() == before
    assert device.submitted == []
    assert device.closed == 1


def test_a_fault_on_the_gpu_leaves_every_file_as_it_was(run, device, contents):
    device.fault = MmuFault("a read of an unmapped page", gpu_va=0x1000)
    before = contents()
    shown = run(*SAXPY)

    assert shown.code == Exit.DEVICE
    assert "unmapped page" in shown.err
    assert contents() == before
    assert device.closed == 1


def test_a_disk_that_fills_up_leaves_every_file_as_it_was(run, device, contents, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    before = contents()
    shown = run(*SAXPY)

    assert shown.code == Exit.INPUT
    assert "No space left" in shown.err
    assert contents() == before


def test_when_the_second_of_two_outputs_cannot_be_written_the_first_is_not_either(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"1")
    second.write_bytes(b"2")

    def fail(stream):
        raise OSError(5, "Input/output error")

    with pytest.raises(FileProblem, match="Input/output error"):
        files.replace_all([(first, lambda stream: stream.write(b"new")), (second, fail)])

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"first": b"1", "second": b"2"}


def test_an_interruption_while_writing_leaves_no_temporary_file(tmp_path):
    (tmp_path / "y").write_bytes(b"old")

    def interrupted(stream):
        stream.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.replace_all([(tmp_path / "y", interrupted)])

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"y": b"old"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_output_is_said_before_a_device_is_opened(run, opened, folder):
    os.chmod("y.npy", 0o444)

    assert run("inout:y.npy").code == Exit.INPUT
    assert opened == []


def test_an_output_that_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileProblem, match="not a regular file"):
        files.check_replaceable(tmp_path / "pipe")


# Parsing


@pytest.mark.parametrize(
    "text, kind, value",
    [
        ("i32:-5", np.int32, -5),
        ("u32:0xffffffff", np.uint32, 0xFFFFFFFF),
        ("i64:-9223372036854775808", np.int64, -(1 << 63)),
        ("u64:18446744073709551615", np.uint64, (1 << 64) - 1),
        ("f16:0.5", np.float16, 0.5),
        ("f32:-inf", np.float32, -np.inf),
        ("f64:1e300", np.float64, 1e300),
    ],
)
def test_a_scalar_has_the_type_that_was_named(text, kind, value):
    parsed = arguments.parse(text)

    assert type(parsed.value) is kind
    assert parsed.value == value


def test_a_path_may_hold_colons(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a:b.npy", np.zeros(3, np.int32))

    assert arguments.parse("in:a:b.npy").shape == (3,)
    assert str(arguments.parse("out:c:d.npy:int32:2x3").path) == "c:d.npy"
    assert str(arguments.parse("out:a:b.npy").path) == "a:b.npy"


def test_an_array_in_fortran_order_reaches_the_kernel_in_c_order(tmp_path):
    np.save(tmp_path / "f.npy", np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)))
    content = arguments.parse(f"in:{tmp_path / 'f.npy'}").content

    assert content.flags.c_contiguous
    assert content.tobytes() == np.arange(6, dtype=np.int32).tobytes()


@pytest.mark.parametrize("text, dimensions", [("7", (7, 1, 1)), ("2,3", (2, 3, 1)), ("4,1,1", (4, 1, 1))])
def test_dimensions_that_are_left_out_are_one(text, dimensions):
    assert arguments.parse_dimensions("--grid", text) == dimensions


@given(st.text(max_size=60))
def test_any_word_is_an_argument_or_a_clean_error(text):
    try:
        arguments.parse(text)
    except (WrongArgument, FileProblem) as error:
        assert isinstance(error, barewire.BarewireError)
        assert str(error)


@given(st.sampled_from(sorted(arguments.SCALAR_TYPES)), st.text("0123456789+-.eExXaAnNiIfF_ ", max_size=30))
def test_any_number_is_a_scalar_or_a_clean_error(kind, text):
    try:
        parsed = arguments.parse(f"{kind}:{text}")
    except WrongArgument:
        return
    assert type(parsed.value) is arguments.SCALAR_TYPES[kind]


@given(st.binary(max_size=200), st.integers(0, 200), st.booleans())
def test_any_bytes_are_an_array_or_a_clean_error(tmp_path_factory, data, cut, begins_well):
    path = tmp_path_factory.mktemp("fuzz") / "x.npy"
    np.save(path, np.arange(8, dtype=np.float32))
    good = path.read_bytes()
    path.write_bytes(good[:cut] + data if begins_well else data)
    try:
        array = arguments.read_array(path)
    except FileProblem:
        return
    assert array.dtype.name in arguments.ARRAY_TYPES
