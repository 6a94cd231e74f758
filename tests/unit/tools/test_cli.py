"""The program as a whole: help, exit codes, errors as text and as JSON, and text that says what JSON says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import barewire
import numpy as np
import pytest
from barewire import errors
from barewire.tools import cli, exits
from barewire.tools.exits import Exit
from barewire.tools.output import Column, Report, Table, print_report, rounded, text_lines, text_of
from terminal import Terminal

LATER_VERBS = "chan fault record replay shell generate"


def test_help_shows_the_exit_codes(barewire_command):
    shown = barewire_command("--help")

    assert shown.code == Exit.OK
    for code, meaning in exits.MEANINGS.items():
        assert f"{code.value:<4} {meaning}" in shown.out


def test_every_exit_code_has_a_meaning():
    assert set(exits.MEANINGS) == set(Exit)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_the_help_of_a_verb_shows_its_exit_codes_and_the_common_options(barewire_command, verb):
    shown = barewire_command(verb, "--help")

    assert shown.code == Exit.OK
    assert all(
        option in shown.out for option in ("--device", "--json", "--debug", "examples:", "exit codes:")
    )
    assert exits.MEANINGS[Exit.USAGE] in shown.out


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help_of_a_verb_is_the_same_both_ways(barewire_command, verb):
    assert barewire_command("help", verb).out == barewire_command(verb, "--help").out


def test_version_is_the_package_version(barewire_command):
    assert barewire_command("--version").out == f"barewire {barewire.__version__}\n"


def test_without_a_verb_the_help_is_shown_as_an_error(barewire_command):
    shown = barewire_command()

    assert shown.code == Exit.USAGE
    assert "usage: barewire" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("verb", LATER_VERBS.split())
def test_a_verb_that_is_not_there_is_not_offered(barewire_command, verb):
    assert barewire_command(verb).code == Exit.USAGE
    assert f"  {verb} " not in barewire_command("--help").out


@pytest.mark.parametrize(
    "words", [["frobnicate"], ["demo", "--grid", "1"], ["run"], ["decode"], ["demo", "--jso"]]
)
def test_a_wrong_command_line_is_explained_without_a_traceback(barewire_command, words):
    shown = barewire_command(*words)

    assert shown.code == Exit.USAGE
    assert shown.err.startswith("barewire: ")
    assert "usage:" in shown.err
    assert "Traceback" not in shown.err


def test_a_wrong_command_line_is_an_object_with_json(barewire_command):
    shown = barewire_command("demo", "--bogus", "--json")

    assert shown.code == Exit.USAGE == shown.data["exit_code"]
    assert shown.data["error"] == "WrongCommandLine"
    assert "--bogus" in shown.data["message"]
    assert shown.err == ""


ERRORS = [
    (errors.NoDevice("no GPU"), Exit.NOT_READY),
    (errors.UnknownDriver("driver 600"), Exit.NOT_READY),
    (errors.PermissionMissing("no"), Exit.NOT_READY),
    (errors.CompilerMissing("no ptxas"), Exit.NOT_READY),
    (errors.ArgumentMismatch("three arguments"), Exit.USAGE),
    (errors.KernelNotFound("no such kernel"), Exit.USAGE),
    (errors.LaunchTooLarge("grid"), Exit.USAGE),
    (errors.BadCubin("not an ELF"), Exit.INPUT),
    (errors.WrongArchitecture("sm_80"), Exit.INPUT),
    (errors.UnsupportedFeature("printf"), Exit.INPUT),
    (errors.BadPushbuffer("words"), Exit.INPUT),
    (errors.DeviceLost("gone"), Exit.DEVICE),
    (errors.MmuFault("at 0"), Exit.DEVICE),
    (errors.KernelTimeout("never ends"), Exit.DEVICE),
    (errors.RmError("refused"), Exit.DEVICE),
    (errors.OutOfVram("full"), Exit.DEVICE),
]


@pytest.mark.parametrize("error, code", ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_ends_with_its_own_text_and_its_exit_code(refuses, barewire_command, error, code):
    refuses(error)
    shown = barewire_command("bench")

    assert shown.code == code
    assert str(error) in shown.err or isinstance(error, errors.NoDevice)
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_every_kind_of_error_has_an_exit_code_that_is_not_a_defect():
    def below(kind):
        return [kind, *(inner for child in kind.__subclasses__() for inner in below(child))]

    kinds = [kind for kind in below(errors.BarewireError) if kind is not errors.BarewireError]

    assert len(kinds) > 20
    for kind in kinds:
        assert exits.exit_for(kind("what happened")) != Exit.INTERNAL, kind


def test_an_error_with_json_is_an_object_with_its_facts(refuses, barewire_command):
    refuses(errors.MmuFault("a read of an unmapped page", hint="Look at x.", gpu_va=0x1000))
    shown = barewire_command("demo", "--json")

    assert shown.data == {
        "error": "MmuFault", "message": "a read of an unmapped page", "hint": "Look at x.", "gpu_va": 0x1000,
        "exit_code": Exit.DEVICE,
    }  # fmt: skip


def test_a_defect_says_so_and_shows_its_place_only_with_debug(refuses, barewire_command):
    refuses(ZeroDivisionError("oops"))
    quiet, loud = barewire_command("demo"), barewire_command("demo", "--debug")

    assert quiet.code == loud.code == Exit.INTERNAL
    assert "ZeroDivisionError: oops" in quiet.err
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err


def test_ctrl_c_has_its_own_exit_code_and_closes_the_device(device, barewire_command):
    device.fault = KeyboardInterrupt()

    assert barewire_command("demo").code == Exit.INTERRUPTED
    assert device.closed == 1


def test_a_reader_that_goes_away_is_no_error_message():
    program = [sys.executable, "-m", "barewire.tools", "doctor", "--no-open", "--json"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()

    assert process.wait(60) == Exit.PIPE_CLOSED
    assert process.stderr.read() == b""


def test_the_program_runs_without_a_verb_module_being_heavy():
    script = (
        "import sys, barewire.tools.cli as cli; cli.build_parser(); "
        "print(*(name in sys.modules for name in ('numpy', 'rich')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )

    assert ended.stdout.split() == ["False", "False"]


def test_an_ascii_terminal_gets_stand_ins_and_not_a_traceback(tmp_path):
    image = tmp_path / "k\u00e9rnel\U0001f600.cubin"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    program = [sys.executable, "-m", "barewire.tools", "run", str(image), "k"]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60, env=environment, check=False)

    assert ended.returncode == Exit.INPUT
    assert "Traceback" not in ended.stderr


# Text says what JSON says.


def flatten(data):
    """Every single value of a JSON document."""
    if isinstance(data, dict):
        for value in data.values():
            yield from flatten(value)
    elif isinstance(data, list):
        for value in data:
            yield from flatten(value)
    else:
        yield data


def assert_same_values(text: str, data: dict, read_tables) -> None:
    """Every table of the document is one of the text, cell by cell; every other value stands in the text."""
    shown = read_tables(text)
    for key, part in data.items():
        rows = part if isinstance(part, list) and part and isinstance(part[0], dict) else None
        if rows is None:
            assert text_of(part) in text or all(item in text for item in part), key
            continue
        expected = [{name: text_of(value) for name, value in row.items()} for row in rows]
        assert expected in shown, key


@pytest.mark.parametrize(
    "words",
    [["doctor", "--no-open"], ["list"], ["decode", "qmd", "{qmd}"], ["decode", "pushbuffer", "{words}"]],
    ids=lambda words: " ".join(words[:2]),
)
def test_text_and_json_carry_the_same_values(barewire_command, read_tables, words, tmp_path):
    (tmp_path / "qmd").write_bytes(hopper_qmd())
    (tmp_path / "words").write_bytes(np.array([0x20022062, 2, 0x04637F34, 0x2001205B, 7], "<u4").tobytes())
    words = [word.format(qmd=tmp_path / "qmd", words=tmp_path / "words") for word in words]
    text, document = barewire_command(*words), barewire_command(*words, "--json")

    assert text.code == document.code
    assert list(flatten(document.data))
    assert_same_values(text.out, document.data, read_tables)


def test_text_and_json_of_a_demo_differ_in_times_only(device, small_checks, barewire_command, read_tables):
    text, document = barewire_command("demo"), barewire_command("demo", "--json")
    (shown,) = read_tables(text.out)
    timeless = [{k: text_of(v) for k, v in row.items() if k != "wall_ms"} for row in document.data["checks"]]

    assert [{k: v for k, v in row.items() if k != "wall_ms"} for row in shown] == timeless
    assert all(float(row["wall_ms"]) >= 0 for row in shown)


def hopper_qmd() -> bytes:
    from barewire.regs import qmd

    table = qmd.load("V04_00")
    words = [0] * (table.size_bytes // 4)
    table.put(words, "QMD_MAJOR_VERSION", 4)
    table.put(words, "QMD_TYPE", 2)
    table.put(words, "CTA_RASTER_WIDTH" if "CTA_RASTER_WIDTH" in table.fields else "GRID_WIDTH", 5)
    return np.array(words, "<u4").tobytes()


# The output layer itself.


def test_a_report_reads_the_same_as_text_and_as_data():
    report = Report()
    report.fact("name", "x")
    table = report.table("rows", "number", "text", "flag", "shape", "fields")
    table.add(number=1.5, text="a", flag=True, shape=[2, 3], fields={"A": "1"})
    table.add(number=20, flag=False)
    report.note("a note")

    assert report.data() == {
        "name": "x",
        "rows": [
            {"number": 1.5, "text": "a", "flag": True, "shape": [2, 3], "fields": {"A": "1"}},
            {"number": 20, "text": None, "flag": False, "shape": None, "fields": None},
        ],
        "notes": ["a note"],
    }
    assert list(text_lines(report)) == [
        "name: x",
        "",
        "number  text  flag  shape  fields",
        "------  ----  ----  -----  ------",
        "   1.5  a     yes   2x3    A=1",
        "    20  -     no    -      -",
        "a note",
    ]


def test_a_tree_is_indented_as_text_and_nested_as_data():
    report = Report()
    columns = (Column("name"), Column("size_bytes", "size", lambda size: f"{size} B", to_right=True))
    rows = report.tree("tree", (*columns, Column("told", in_text=False)), below_key="below")
    top = rows.add(name="a", size_bytes=10, told=[1])
    top.add(name="b\n", size_bytes=None)
    report.fact("count", 2, in_title=True)
    report.picture("line", [[("two ", "bold"), ("rows", "")]])

    assert report.data() == {
        "tree": [
            {"name": "a", "size_bytes": 10, "told": [1], "below": [{"name": "b\n", "size_bytes": None}]}
        ],
        "count": 2,
    }
    assert list(text_lines(report)) == [
        "name   size", "-----  ----", "a      10 B", "  b\\n", "", "two rows"
    ]  # fmt: skip
    with pytest.raises(TypeError, match="no column"):
        top.add(weight=1)


def test_control_characters_of_foreign_data_cannot_reach_a_terminal():
    assert text_of("\x1b[31mred\n") == "\\x1b[31mred\\n"
    assert text_of({"\x1bkey": "\r"}) == "\\x1bkey=\\r"


def test_a_column_that_a_table_does_not_have_is_a_defect():
    with pytest.raises(TypeError, match="no column"):
        Table("t", ("a",)).add(b=1)


@pytest.mark.parametrize(
    "value, shown", [(0.0, 0.0), (1234567.0, 1235000.0), (0.00012345678, 0.0001235), (None, None)]
)
def test_a_measured_number_keeps_four_digits(value, shown):
    assert rounded(value) == shown


def test_infinity_is_still_valid_json(capsys):
    report = Report()
    report.fact("max_error", float("inf"))
    print_report(report, as_json=True)

    assert json.loads(capsys.readouterr().out) == {"max_error": "inf"}


def test_a_terminal_shows_the_same_words_as_a_pipe(monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    report = Report("[bold]title[/bold]")
    table = report.table("rows", "state", "detail")
    table.add(state="fail", detail="[red]not markup[/red]")
    report.note("noted")
    report.fact("count", 3)
    stream = Terminal()
    print_report(report, as_json=False, stream=stream)

    for words in ("[bold]title[/bold]", "state", "fail", "[red]not markup[/red]", "noted", "count: ", "3"):
        assert words in stream.text


def test_a_pipe_gets_no_escape_codes(barewire_command):
    assert "\x1b" not in barewire_command("doctor", "--no-open").out


def test_rich_is_not_needed_on_a_terminal(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setenv("TERM", "xterm")
    report = Report()
    report.fact("a", 1)
    stream = Terminal()
    print_report(report, as_json=False, stream=stream)

    assert stream.text == "a: 1\n"


def test_the_tools_never_import_rich_at_the_top():
    for path in Path(cli.__file__).parent.glob("*.py"):
        assert not any(
            line.startswith(("import rich", "from rich")) for line in path.read_text().splitlines()
        ), path
