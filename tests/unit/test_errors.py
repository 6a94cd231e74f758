"""The errors: one hierarchy, facts as attributes, and a text that tells a stranger what to do next."""

from __future__ import annotations

import copy
import pickle

import pytest
from barewire import errors
from barewire.errors import BarewireError

EVERY_ERROR = sorted(
    (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BarewireError)),
    key=lambda kind: kind.__name__,
)


@pytest.fixture(params=EVERY_ERROR, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def test_every_error_is_a_barewire_error_with_a_sentence_of_its_own(kind):
    assert issubclass(kind, BarewireError)
    assert kind.__doc__


def test_every_error_shows_message_facts_and_hint(kind):
    error = kind("it did not work", hint="Try again.", register="NV_PMC_BOOT_0", elapsed_s=0.5)

    assert str(error).splitlines() == [
        "it did not work",
        "    register = NV_PMC_BOOT_0, elapsed_s = 0.5",
        "    Try again.",
    ]


def test_facts_are_attributes(kind):
    error = kind("it did not work", gpu_va=0x7F00_0000_1000)

    assert error.gpu_va == 0x7F00_0000_1000
    assert error.hint is None


def test_a_fact_that_is_not_known_is_an_attribute_error(kind):
    with pytest.raises(AttributeError, match="no fact 'warp_pc'"):
        _ = kind("it did not work").warp_pc


def test_errors_survive_pickling_and_copying(kind):
    error = kind("it did not work", hint="Try again.", xid=31)

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)
        assert twin.xid == 31


def test_errors_are_plain_data_for_machines(kind):
    assert kind("it did not work", hint="Try again.", xid=31).to_dict() == {
        "error": kind.__name__,
        "message": "it did not work",
        "hint": "Try again.",
        "xid": 31,
    }


def test_an_error_without_facts_or_hint_is_one_line(kind):
    assert str(kind("it did not work")) == "it did not work"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("gpu_va", 0x1000, "0x1000"),
        ("kernel_offset", 0x230, "0x230"),
        ("warp_pc", 0x7F, "0x7f"),
        ("iova", 0x1000, "0x1000"),
        ("class_id", 0xCBC0, "0xcbc0"),
        ("size_bytes", 4096, "4096"),
        ("xid", 31, "31"),
        ("offset", True, "True"),
        ("offset", "nowhere", "nowhere"),
    ],
)
def test_addresses_print_in_hexadecimal_and_counts_in_decimal(name, value, shown):
    assert f"{name} = {shown}" in str(BarewireError("it did not work", **{name: value}))


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.KernelNotFound, KeyError),
        (errors.UnknownMethod, KeyError),
        (errors.ArgumentMismatch, ValueError),
        (errors.FormatError, ValueError),
        (errors.PollTimeout, TimeoutError),
        (errors.KernelTimeout, TimeoutError),
        (errors.OutOfVram, MemoryError),
    ],
)
def test_errors_are_also_the_builtin_kind_a_python_reader_expects(kind, builtin):
    with pytest.raises(builtin):
        raise kind("it did not work")


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (errors.MmuFault, errors.ChannelDead),
        (errors.IllegalInstruction, errors.KernelFault),
        (errors.KernelFault, errors.ChannelDead),
        (errors.KernelTimeout, errors.ChannelDead),
        (errors.KernelTimeout, errors.PollTimeout),
        (errors.ChannelDead, errors.DeviceError),
        (errors.BadCubin, errors.FormatError),
        (errors.WrongArchitecture, errors.BadCubin),
        (errors.ForkedChild, errors.UsageError),
        (errors.DeviceLost, errors.TransportError),
    ],
)
def test_one_handler_catches_a_family(kind, parent):
    assert issubclass(kind, parent)
