"""demo and bench on a device of NumPy: right results pass, wrong ones are found, the device is closed."""

from itertools import pairwise

import numpy as np
import pytest
from barewire import kernels
from barewire.errors import DeviceLost, NoDevice, PermissionMissing
from barewire.tools import demo, measure
from barewire.tools.exits import Exit
from barewire.tools.machine import Machine

WHAT = ["copy", "saxpy", "matmul float32", "matmul bfloat16", "softmax", "rms_norm", "attention"]


def test_demo_checks_copies_and_kernels_and_passes(device, barewire_command):
    shown = barewire_command("demo", "--json")

    assert shown.code == Exit.OK
    assert [row["check"] for row in shown.data["checks"]] == WHAT
    assert all(row["ok"] for row in shown.data["checks"])
    assert all(row["max_error"] <= row["tolerance"] for row in shown.data["checks"])
    assert all(row["gpu_ms"] == 0.001 and row["wall_ms"] > 0 for row in shown.data["checks"])
    assert shown.data["passed"] is True
    assert device.closed == 1


def spoiled(operation, spoil):
    """An operation whose output one element was changed in."""

    def wrong(*tensors, **options):
        made = operation(*tensors, **options)
        made.values.flat[made.values.size // 2] = spoil(made.values.flat[made.values.size // 2])
        return made

    return wrong


@pytest.mark.parametrize("name", ["softmax", "rms_norm", "attention"])
@pytest.mark.parametrize("spoil", [lambda value: value + 0.1, lambda value: np.nan], ids=["off", "nan"])
def test_one_wrong_element_is_found(device, small_checks, barewire_command, monkeypatch, name, spoil):
    monkeypatch.setitem(vars(kernels), name, spoiled(vars(kernels)[name], spoil))
    shown = barewire_command("demo", "--json")

    assert shown.code == Exit.FINDING
    assert [row["check"] for row in shown.data["checks"] if not row["ok"]] == [name]
    assert shown.data["passed"] is False


def test_a_wrong_copy_is_found(device, small_checks, barewire_command):
    device.corrupt = True
    shown = barewire_command("demo", "--json")

    assert shown.code == Exit.FINDING
    assert not shown.data["checks"][0]["ok"]


def test_a_result_of_another_shape_is_wrong():
    check = demo.Check("x", "2", "float32", lambda dev: None, np.zeros(2), 1.0)

    assert demo.compare(np.zeros(3), check) == (float("inf"), False)


@pytest.fixture(scope="module")
def checks():
    return list(demo.checks())


def test_rounding_of_the_data_type_alone_stays_within_each_tolerance(checks):
    for check in checks:
        if check.dtype == "bfloat16":
            import ml_dtypes

            rounded = check.expected.astype(ml_dtypes.bfloat16).astype(np.float64)
        else:
            rounded = check.expected.astype(check.dtype).astype(np.float64)
        assert demo.compare(rounded, check)[1], check.name


def test_no_tolerance_is_so_wide_that_a_result_of_zeros_passes(checks):
    for check in checks:
        assert not demo.compare(np.zeros_like(check.expected), check)[1], check.name


def one_sentence(text):
    line = text.strip()
    return "\n" not in line and line.endswith(".") and ". " not in line


@pytest.mark.parametrize("verb", ["demo", "bench"])
def test_without_a_gpu_one_sentence_says_what_is_missing_and_what_to_do(
    no_device, barewire_command, monkeypatch, tmp_path, verb
):
    monkeypatch.setattr("barewire.tools.device.Machine", lambda: Machine(tmp_path))
    shown = barewire_command(verb)

    assert shown.code == Exit.NOT_READY
    assert shown.out == ""
    assert one_sentence(shown.err)
    assert "no NVIDIA GPU" in shown.err
    assert "run on" in shown.err


def test_without_a_gpu_json_is_an_object(no_device, barewire_command, monkeypatch, tmp_path):
    monkeypatch.setattr("barewire.tools.device.Machine", lambda: Machine(tmp_path))
    shown = barewire_command("demo", "--json")

    assert shown.code == Exit.NOT_READY
    assert shown.data["error"] == "NoDevice"
    assert one_sentence(shown.data["message"])


def test_facts_of_the_driver_do_not_break_the_one_sentence(refuses, barewire_command, monkeypatch, tmp_path):
    monkeypatch.setattr("barewire.tools.device.Machine", lambda: Machine(tmp_path))
    refuses(NoDevice("no such file", path="/dev/nvidiactl"))

    assert one_sentence(barewire_command("demo", "--device", "nv:0").err)


def test_a_device_string_that_nobody_knows_keeps_its_own_message(refuses, barewire_command):
    refuses(NoDevice("'tpu:0' is not a device that barewire knows"))

    assert "'tpu:0' is not a device" in barewire_command("demo", "--device", "tpu:0").err


def test_the_device_that_was_named_is_the_one_that_is_opened(opens, device, small_checks, barewire_command):
    asked = []
    opens(lambda *args: asked.append(args) or device)
    barewire_command("demo", "--device", "nv:3")

    assert asked == [("nv:3",)]


@pytest.mark.parametrize(
    "error, code", [(PermissionMissing("no"), Exit.NOT_READY), (DeviceLost("gone"), Exit.DEVICE)]
)
def test_an_error_of_the_device_ends_the_demo_and_closes_it(device, barewire_command, error, code):
    device.fault = error

    assert barewire_command("demo").code == code
    assert device.closed == 1


# bench


def test_bench_measures_every_part_and_checks_every_output(device, barewire_command):
    shown = barewire_command("bench", "--quick", "--json")

    assert shown.code == Exit.OK
    assert shown.data["all_outputs_correct"] is True
    what = [row["what"] for row in shown.data["latencies"]]
    assert what[:3] == ["channel floor", "launch + synchronize", "1600 back to back"]
    assert {f"graph of {nodes}, dependent" for nodes in (1, 20, 100, 1000)} < set(what)
    assert {row["direction"] for row in shown.data["copies"]} == {"in", "out", "device"}
    assert all(row["min_us"] <= row["median_us"] <= row["max_us"] for row in shown.data["latencies"])
    assert shown.data["opening"][0]["rm_s"] == 0.001


@pytest.mark.parametrize(
    "part, tables", [("launch", {"latencies"}), ("copy", {"copies"}), ("open", {"opening"})]
)
def test_bench_can_be_asked_for_one_part(device, barewire_command, part, tables):
    data = barewire_command("bench", "--quick", "--only", part, "--json").data

    assert {key for key, value in data.items() if isinstance(value, list)} == tables


def test_text_of_bench_has_the_same_rows_as_json(device, barewire_command, read_tables):
    text = barewire_command("bench", "--quick", "--only", "copy")
    data = barewire_command("bench", "--quick", "--only", "copy", "--json").data
    (rows,) = read_tables(text.out)

    def key(row):
        return row["direction"], str(row["size_bytes"]), str(row["count"])

    assert [key(row) for row in rows] == [key(row) for row in data["copies"]]


def test_bench_finds_a_launch_that_was_lost(device, barewire_command, monkeypatch):
    submit, seen = device.submit, []

    def forgetful(work, what):
        seen.append(what)
        if len(seen) != 7:
            submit(work, what)

    monkeypatch.setattr(device, "submit", forgetful)
    shown = barewire_command("bench", "--quick", "--only", "launch", "--json")

    assert shown.code == Exit.FINDING
    assert shown.data["all_outputs_correct"] is False


def test_bench_finds_a_copy_that_changed_the_data(device, barewire_command):
    device.corrupt = True

    assert barewire_command("bench", "--quick", "--only", "copy").code == Exit.FINDING


# The measuring functions


def test_samples_know_their_median_least_and_most():
    samples = measure.Samples.of([3000, 1000, 2000])

    assert (samples.median_us, samples.min_us, samples.max_us, samples.count) == (2.0, 1.0, 3.0, 3)


def test_the_warm_up_is_done_but_not_measured():
    seen = []
    samples = measure.timed(seen.append, "abcde", warmup=2, wait=lambda: seen.append("|"))

    assert "".join(seen) == "a|b|c|d|e|"
    assert samples.count == 3


def test_consecutive_launches_change_all_three_arguments(device):
    arguments = measure._Saxpy(device).arguments(3 * measure.PHASES)

    assert len(arguments) == 3 * measure.PHASES
    for number, (before, after) in enumerate(pairwise(arguments)):
        assert before[1] is not after[1]
        assert before[2] != after[2]
        assert (before[0] is not after[0]) == bool(number & 1)


def test_back_to_back_wraps_the_ring(device):
    measure.back_to_back(device, launches=2000, count=1, warmup=0)

    assert len(device.submitted) == 2000


def test_a_check_that_float32_cannot_make_exactly_is_refused(device):
    with pytest.raises(ValueError, match="exact"):
        measure._Saxpy(device).correct(1 << 24)


def test_a_device_copy_counts_bytes_read_and_written(device):
    figure = measure.copy(device, measure.DEVICE, 4096, count=1)

    assert figure.correct
    assert figure.gigabytes_per_s == pytest.approx(2 * 4096 / (figure.samples.median_us * 1e3))


def test_opening_splits_the_time_between_the_driver_and_us(device):
    figure = measure.opening(lambda: device)

    assert figure.correct
    assert figure.ours_s == pytest.approx(figure.total_s - 0.001)
    assert figure.first_result_s >= figure.total_s
    assert device.closed == 1


def test_a_device_without_a_resource_manager_has_no_such_time(device):
    del device.rm

    assert measure.rm_seconds(device) is None
