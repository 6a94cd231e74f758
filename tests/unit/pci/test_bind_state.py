"""The state file: what it keeps, whom it trusts, and that no damage of it is taken for a state."""

from __future__ import annotations

import errno
import json
import os
import random
import threading

import pytest
from barewire.errors import BarewireError, DeviceBusy, FormatError, PermissionMissing, SetupError
from barewire.pci.state import OwnerWas, Record, States, Was, new_record
from barewire.pci.sysfs import Sysfs
from fake_sysfs import AUDIO, H100, FakeMachine, h100_machine

FUNCTIONS = (Was(H100, "10de:2330", "nvidia", None, "auto"), Was(AUDIO, "10de:22ba", None, "vfio-pci"))


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

    with pytest.raises(DeviceBusy, match="is not restored"):
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
        {"address": AUDIO},
        {"functions": None},
        {"functions": [{"address": H100}]},
        {"functions": [{"address": H100, "id_text": "x", "driver": "../nvidia", "driver_override": None}]},
        {"functions": [{"address": H100, "id_text": "x", "driver": "..", "driver_override": None}]},
        {"functions": [{"address": "x", "id_text": "x", "driver": None, "driver_override": None}]},
        {"functions": [{"address": H100, "id_text": 7, "driver": None, "driver_override": None}]},
        {"owners": [{"path": "/dev/vfio/1", "uid": -1, "gid": 0}]},
        {"owners": [{"path": "/dev/vfio/1", "uid": True, "gid": 0}]},
        {
            "functions": [
                {
                    "address": H100,
                    "id_text": "x",
                    "driver": None,
                    "driver_override": None,
                    "power_control": "off",
                }
            ]
        },
        {"owners": [{"path": "/dev/vfio/1", "uid": 1 << 40, "gid": 0}]},
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


def test_everybody_may_read_it_whatever_the_umask_is(states, record):
    """Else `status` of a user who is not root would call what barewire bound somebody else's."""
    before = os.umask(0o077)
    try:
        states.begin(record)
    finally:
        os.umask(before)

    assert states.folder.stat().st_mode & 0o777 == 0o755
    assert states.path(H100).stat().st_mode & 0o777 == 0o644


def test_another_users_file_is_not_believed(states, record):
    states.begin(record)
    states.trusted_uids = (os.geteuid() + 1,)

    with pytest.raises(FormatError) as refusal:
        states.find(H100)
    assert "belongs to user" in refusal.value.why


def test_a_damaged_file_is_of_its_own_group_only(states, record, machine):
    machine.add_function(AUDIO, 0x22BA, class_code=0x040300)
    machine.add_function("0000:02:00.0", group=13, below="")
    states.folder.mkdir(parents=True)
    states.path(AUDIO).write_text("{")

    assert states.find("0000:02:00.0") is None
    with pytest.raises(FormatError):
        states.find(H100)
    with pytest.raises(FormatError):
        states.begin(record)
    states.begin(new_record(states.sysfs, "0000:02:00.0", (Was("0000:02:00.0", "x", None, None),), (), None))
    records, broken = states.look()
    assert [each.address for each in records] == ["0000:02:00.0"]
    assert [path for path, _ in broken] == [states.path(AUDIO)]


def test_a_function_is_of_one_record_at_a_time(states, record):
    """Two GPUs of one group: whoever binds either has both."""
    states.begin(record)
    other = new_record(states.sysfs, AUDIO, (FUNCTIONS[1],), (), None)

    with pytest.raises(DeviceBusy, match="is not restored") as refusal:
        states.begin(other)

    assert f"barewire unbind {H100}" in refusal.value.hint
    assert states.all() == (record,)


def test_what_a_killed_process_of_the_same_number_left_is_in_nobodys_way(states, record):
    states.folder.mkdir(parents=True)
    (states.folder / f".bind-{H100}.json.{os.getpid()}").write_text("half")

    states.begin(record)

    assert os.listdir(states.folder) == [f"bind-{H100}.json"]


def test_a_file_that_somebody_else_takes_away_meanwhile_is_no_damage(states, record, monkeypatch):
    states.begin(record)
    listed = [states.path(H100), states.path(AUDIO)]
    monkeypatch.setattr(type(states.folder), "glob", lambda self, pattern: listed)

    assert states.all() == (record,)


def test_a_file_that_cannot_be_taken_away_is_said(states, record, monkeypatch):
    states.begin(record)

    def refuse(self, missing_ok=False):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(type(states.folder), "unlink", refuse)

    with pytest.raises(SetupError, match="although all is as it was"):
        states.end(record)


# One at a time


def never() -> bool:
    return False


def test_one_at_a_time_and_the_others_are_told_who(states, machine):
    before = machine.picture()
    other = States(states.sysfs, states.folder)
    with states.turn(1.0, never):
        assert other.worker() == os.getpid()
        assert (states.folder / "lock").stat().st_mode & 0o777 == 0o600
        with pytest.raises(DeviceBusy) as busy, other.turn(0.05, never):
            pass
        assert busy.value.pid == os.getpid()

    assert other.worker() is None
    assert machine.picture() == before


def test_a_turn_is_waited_for(states):
    other = States(states.sysfs, states.folder)
    inside, done = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with other.turn(1.0, never):
            inside.set()
            done.wait(5)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(5)
    threading.Timer(0.1, done.set).start()
    with states.turn(20.0, never):
        order.append("second")
    thread.join(5)

    assert order == ["first", "second"]
    assert not states.folder.exists()


def test_waiting_ends_when_somebody_wants_to_stop(states):
    other = States(states.sysfs, states.folder)
    with other.turn(1.0, never), pytest.raises(DeviceBusy), states.turn(60.0, lambda: True):
        pass


def test_a_lock_that_a_killed_process_left_means_nothing(states, record):
    states.folder.mkdir(parents=True)
    (states.folder / "lock").write_text("4711\n")

    assert states.worker() is None
    with states.turn(0.05, never):
        states.begin(record)
    assert sorted(os.listdir(states.folder)) == [f"bind-{H100}.json", "lock"]
    states.end(record)
    with states.turn(0.05, never):
        pass
    assert not states.folder.exists()


def test_many_that_come_and_go_never_meet(states):
    """The lock's file is taken away by the last one: nobody is left alone with a file that is gone."""
    at_once, most, done = [0], [0], [0]

    def work() -> None:
        mine = States(states.sysfs, states.folder)
        for _ in range(30):
            with mine.turn(20.0, never):
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
                done[0] += 1
                at_once[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert (most, done) == ([1], [120])
    assert not states.folder.exists()


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.EROFS, SetupError), (errno.EACCES, PermissionMissing), (errno.ENOSPC, SetupError)],
)
def test_without_a_lock_nothing_is_bound(states, monkeypatch, number, kind):
    def refuse(*args, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(kind), states.turn(0.05, never):
        pytest.fail("it went on")


def test_restoring_is_tried_without_a_lock_too(states, monkeypatch):
    """A /run that became read-only, or is full, keeps nobody's GPU."""

    def refuse(*args, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    states.folder.mkdir(parents=True)
    monkeypatch.setattr(os, "open", refuse)
    went_on = False
    with states.turn(0.05, never, needed=False):
        went_on = True

    assert went_on
