"""The state file: what it keeps, whom it trusts, and that no damage of it is taken for a state."""

from __future__ import annotations

import json
import os
import random

import pytest
from barewire.errors import BarewireError, DeviceBusy, FormatError, PermissionMissing, SetupError
from barewire.pci.state import OwnerWas, Record, States, Was, new_record
from barewire.pci.sysfs import Sysfs
from fake_sysfs import AUDIO, H100, FakeMachine, h100_machine

FUNCTIONS = (Was(H100, "10de:2330", "nvidia", None), Was(AUDIO, "10de:22ba", None, "vfio-pci"))


@pytest.fixture
def machine(tmp_path) -> FakeMachine:
    return h100_machine(tmp_path)


@pytest.fixture
def states(machine) -> States:
    return States(Sysfs(machine.sys, machine.dev, machine.proc), machine.root / "run/barewire")


@pytest.fixture
def record(states) -> Record:
    return new_record(states.sysfs, H100, FUNCTIONS, (OwnerWas("/dev/vfio/12", 0, 7),), "N")


def test_a_record_comes_back_as_it_was(states, record):
    states.begin(record)

    assert states.find(H100) == record
    assert states.find(AUDIO) == record
    assert states.all() == (record,)
    assert states.find("0000:02:00.0") is None


def test_it_is_gone_once_all_is_restored(states, record, machine):
    before = machine.picture()
    states.begin(record)
    states.end(record)

    assert machine.picture() == before


def test_it_is_never_half_written(states, record):
    """The name appears with the whole content behind it, and nothing else stays in the folder."""
    states.begin(record)

    assert os.listdir(states.folder) == [f"bind-{H100}.json"]
    assert json.loads(states.path(H100).read_text())["functions"][0]["driver"] == "nvidia"


def test_only_its_owner_may_write_it(states, record):
    states.begin(record)
    assert states.path(H100).stat().st_mode & 0o022 == 0

    states.path(H100).chmod(0o666)

    with pytest.raises(FormatError, match="no state file"):
        states.find(H100)


def test_a_link_is_not_followed(states, record, tmp_path):
    states.begin(record)
    content = states.path(H100).read_text()
    states.path(H100).unlink()
    (tmp_path / "elsewhere").write_text(content)
    states.path(H100).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FormatError):
        states.find(H100)


def test_of_two_that_begin_one_does(states, record):
    states.begin(record)

    with pytest.raises(DeviceBusy, match="is being bound"):
        states.begin(record)

    assert states.find(H100) == record


def test_what_another_start_of_the_machine_left_means_nothing(states, record, machine):
    states.begin(record)
    machine.put("proc/sys/kernel/random/boot_id", "another\n")

    assert states.all() == ()
    states.begin(new_record(states.sysfs, H100, FUNCTIONS, (), None))
    assert len(states.all()) == 1


def test_a_folder_that_cannot_be_written_is_said_before_anything_happens(machine, record):
    machine.put("run/barewire", "a file")
    states = States(Sysfs(machine.sys, machine.dev, machine.proc), machine.root / "run/barewire/deeper")

    with pytest.raises(SetupError, match="cannot be written"):
        states.begin(record)


def test_without_the_right_to_it_root_is_named(states, record, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "link", refuse)

    with pytest.raises(PermissionMissing) as refusal:
        states.begin(record)
    assert "root" in refusal.value.hint
    assert not states.folder.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"address": "../../etc"},
        {"functions": None},
        {"functions": [{"address": H100}]},
        {"functions": [{"address": H100, "id_text": "x", "driver": "../nvidia", "driver_override": None}]},
        {"functions": [{"address": H100, "id_text": "x", "driver": "..", "driver_override": None}]},
        {"functions": [{"address": "x", "id_text": "x", "driver": None, "driver_override": None}]},
        {"functions": [{"address": H100, "id_text": 7, "driver": None, "driver_override": None}]},
        {"owners": [{"path": "/dev/vfio/1", "uid": -1, "gid": 0}]},
        {"owners": [{"path": "/dev/vfio/1", "uid": True, "gid": 0}]},
        {"owners": {}},
        {"unsafe_no_iommu": "maybe"},
        {"boot_id": 7},
        {"pid": "x"},
    ],
)
def test_what_is_not_of_the_format_is_refused(states, record, change):
    states.begin(record)
    data = json.loads(states.path(H100).read_text())
    states.path(H100).write_text(json.dumps({**data, **change}))

    with pytest.raises(FormatError) as refusal:
        states.find(H100)
    assert refusal.value.path == str(states.path(H100))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '"x"', "[" * 100_000, "\0", "{}"])
def test_what_is_no_json_object_is_refused(states, text):
    states.folder.mkdir(parents=True)
    states.path(H100).write_text(text)

    with pytest.raises(FormatError):
        states.all()


def test_any_damage_is_refused_or_read(states, record):
    """1,000 files with bytes changed, cut off or added: never another error."""
    states.begin(record)
    whole = states.path(H100).read_bytes()
    chance = random.Random(11)
    for _ in range(1000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            match chance.randrange(3):
                case 0:
                    damaged[at] = chance.randrange(256)
                case 1:
                    del damaged[at:]
                    damaged += b" "
                case _:
                    damaged.insert(at, chance.choice(b'{}[]",:0-en'))
        states.path(H100).write_bytes(bytes(damaged))
        try:
            states.all()
        except BarewireError as error:
            assert isinstance(error, FormatError)


def test_a_file_that_is_far_too_large_is_refused(states):
    states.folder.mkdir(parents=True)
    with states.path(H100).open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(FormatError):
        states.all()
