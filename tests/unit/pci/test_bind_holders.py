"""Who uses a function: processes, screens, disks and networks of a machine that is a folder."""

from __future__ import annotations

import os

import pytest
from barewire.pci.holders import device_files, look_for_holders, nvidia_minor, nvidia_modeset
from barewire.pci.sysfs import Sysfs
from fake_sysfs import AUDIO, H100, FakeMachine, h100_machine

NVME = "0000:01:00.2"


@pytest.fixture
def machine(tmp_path) -> FakeMachine:
    made = h100_machine(tmp_path, sibling=True)
    for node in ("nvidia0", "nvidia1", "nvidiactl", "dri/card0", "dri/renderD128"):
        made.put(f"dev/{node}", "")
    return made


def sysfs_of(machine: FakeMachine) -> Sysfs:
    return Sysfs(machine.sys, machine.dev, machine.proc)


def holders(machine: FakeMachine, address: str = H100):
    return look_for_holders(sysfs_of(machine), [address]).holders


def of_minor(machine: FakeMachine, minor: int) -> None:
    machine.put(
        f"proc/driver/nvidia/gpus/{H100}/information",
        f"Model: \t\t NVIDIA H100\nIRQ:   \t\t 44\nDevice Minor: \t {minor}\n",
    )


def device_of(machine: FakeMachine, address: str, place: str, name: str, kind: str) -> None:
    """Something that a driver made of a function."""
    folder = machine.function(address) / place
    folder.mkdir(parents=True)
    (folder / "uevent").write_text(f"MAJOR=1\nMINOR=2\nDEVNAME={name}\n" if name else "INTERFACE=eth0\n")
    (folder / "subsystem").symlink_to(f"../../../../class/{kind}")


def test_nobody_uses_a_quiet_gpu(machine):
    machine.add_process(1, "init")

    assert holders(machine) == ()


def test_a_process_with_its_file_open_is_named_with_what_ends_it(machine):
    of_minor(machine, 0)
    machine.add_process(4711, "python3", opens=("nvidiactl", "nvidia0", "nvidia0"))

    (holder,) = holders(machine)

    assert (holder.kind, holder.pid, holder.name) == ("process", 4711, "python3")
    assert holder.files == (str(machine.dev / "nvidia0"),)
    assert "kill 4711" in holder.remedy


def test_a_process_of_another_gpu_is_let_be(machine):
    of_minor(machine, 0)
    machine.add_process(4711, "python3", opens=("nvidiactl", "nvidia1"))

    assert holders(machine) == ()


def test_where_the_minor_is_not_told_every_gpu_file_counts(machine):
    machine.add_process(4711, "python3", opens=("nvidia1",))

    assert [holder.pid for holder in holders(machine)] == [4711]
    assert nvidia_minor(sysfs_of(machine), H100) is None


def test_a_process_that_only_has_it_mapped_counts(machine):
    machine.add_process(4711, "python3", maps=("nvidia0",))

    assert [holder.pid for holder in holders(machine)] == [4711]


def test_a_file_below_another_root_counts(machine):
    machine.add_process(4711, "python3")
    (machine.proc / "4711/fd/9").symlink_to(f"/var/chroot{machine.dev}/nvidia0")

    assert [holder.pid for holder in holders(machine)] == [4711]


def test_the_persistence_daemon_is_known_by_its_whole_name(machine):
    machine.add_process(801, "nvidia-persistenced", opens=("nvidia0",))

    (holder,) = holders(machine)

    assert (holder.kind, holder.name) == ("persistence daemon", "nvidia-persistenced")
    assert "systemctl stop nvidia-persistenced" in holder.remedy


@pytest.mark.parametrize(
    ("cgroup", "remedy"),
    [
        ("0::/system.slice/nvidia-dcgm.service", "systemctl stop nvidia-dcgm.service"),
        ("1:name=systemd:/system.slice/a.service\n0::/system.slice/a.service/b", "systemctl stop a.service"),
        ("0::/system.slice/system-gpu.slice/gpu@1.service", "systemctl stop gpu@1.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", "kill 4711"),
        ("0::/system.slice/docker-12ab.scope", "kill 4711"),
        ("0::/", "kill 4711"),
    ],
)
def test_a_service_is_stopped_rather_than_killed_and_started_again(machine, cgroup, remedy):
    machine.add_process(4711, "nv-hostengine", opens=("nvidia0",))
    machine.put("proc/4711/cgroup", cgroup + "\n")

    (holder,) = holders(machine)

    assert holder.remedy == f"end it: `{remedy}`"


def test_users_of_its_screen_and_sound_are_found_by_what_the_drivers_made(machine):
    device_of(machine, H100, "drm/card0", "dri/card0", "drm")
    device_of(machine, H100, "drm/renderD128", "dri/renderD128", "drm")
    machine.add_process(900, "Xorg", opens=("dri/card0",))
    machine.put("dev/snd/controlC1", "")
    device_of(machine, AUDIO, "sound/card1/controlC1", "snd/controlC1", "sound")
    machine.add_process(901, "pipewire", opens=("snd/controlC1",))

    assert [holder.pid for holder in holders(machine)] == [900]
    assert [holder.pid for holder in holders(machine, AUDIO)] == [901]


def test_a_vfio_user_is_found_once_it_is_bound(machine):
    machine.add_process(77, "qemu-system-x86", opens=("vfio/12",))
    assert holders(machine) == ()

    machine.take_driver(H100)
    machine.give_driver(H100, "vfio-pci")

    assert [holder.pid for holder in holders(machine)] == [77]
    assert device_files(sysfs_of(machine), H100) == (
        machine.dev / "vfio/12",
        machine.dev / "vfio/devices/vfio0",
    )


def test_a_screen_that_is_lit_is_told_by_its_connector(machine):
    for name, status, enabled in (("DP-1", "connected", "enabled"), ("DP-2", "disconnected", "disabled")):
        connector = machine.function(H100) / f"drm/card0/card0-{name}"
        connector.mkdir(parents=True)
        (connector / "status").write_text(status + "\n")
        (connector / "enabled").write_text(enabled + "\n")

    (holder,) = holders(machine)

    assert (holder.kind, holder.what) == ("display", "it drives the screen at DP-1")


def test_the_firmwares_screen_is_told(machine):
    (machine.function(H100) / "boot_vga").write_text("1\n")

    assert [holder.kind for holder in holders(machine)] == ["display"]


@pytest.mark.parametrize(("bound", "kinds"), [("1", ["console"]), ("0", [])])
def test_a_text_console_on_its_frame_buffer_is_told(machine, bound, kinds):
    buffer = machine.sys / "class/graphics/fb0"
    buffer.mkdir(parents=True)
    (buffer / "device").symlink_to(machine.function(H100))
    machine.put("sys/class/vtconsole/vtcon0/name", "(S) dummy device\n")
    machine.put("sys/class/vtconsole/vtcon0/bind", "1\n")
    machine.put("sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n")
    machine.put("sys/class/vtconsole/vtcon1/bind", bound + "\n")

    assert [holder.kind for holder in holders(machine)] == kinds


def test_a_disk_that_is_mounted_swapped_to_or_part_of_another_is_told(machine):
    machine.add_function(NVME, 1, vendor_id=0x144D, class_code=0x010802, driver="nvme")
    for name in ("nvme0n1", "nvme0n1p1", "nvme0n1p2"):
        device_of(machine, NVME, f"nvme/nvme0/{name}", name, "block")
        machine.put(f"dev/{name}", "")
    machine.put("proc/mounts", f"proc /proc proc rw 0 0\n{machine.dev}/nvme0n1p1 /data ext4 rw 0 0\n")
    machine.put("proc/swaps", f"Filename Type Size\n{machine.dev}/nvme0n1p2 partition 100\n")
    machine.put("sys/class/block/nvme0n1/holders/dm-0", "")

    said = [holder.what for holder in holders(machine, NVME)]

    assert said == [
        f"{machine.dev}/nvme0n1 is part of dm-0",
        f"{machine.dev}/nvme0n1p1 is mounted at /data",
        f"{machine.dev}/nvme0n1p2 is swapped to",
    ]


def test_a_place_with_a_space_is_told_as_a_shell_takes_it(machine):
    machine.add_function(NVME, 1, vendor_id=0x144D, class_code=0x010802, driver="nvme")
    device_of(machine, NVME, "nvme/nvme0/nvme0n1", "nvme0n1", "block")
    machine.put("proc/mounts", f"{machine.dev}/nvme0n1 /my\\040data ext4 rw 0 0\n")

    (holder,) = holders(machine, NVME)

    assert holder.what == f"{machine.dev}/nvme0n1 is mounted at /my data"
    assert holder.remedy == "`umount '/my data'`"


@pytest.mark.parametrize(
    ("state", "flags", "kinds"),
    [
        ("up", "0x1003", ["network"]),
        ("down", "0x1003", []),
        ("unknown", "0x1003", ["network"]),  # a driver that tells no state
        ("unknown", "0x1002", []),
    ],
)
def test_a_network_that_is_up_is_told(machine, state, flags, kinds):
    device_of(machine, AUDIO, "net/eth0", "", "net")
    machine.put("sys/class/net/eth0/flags", flags + "\n")
    machine.put("sys/class/net/eth0/operstate", state + "\n")

    assert [holder.kind for holder in holders(machine, AUDIO)] == kinds


def test_functions_behind_a_function_are_not_its_own(machine):
    """A bridge's folder holds those of the devices behind it."""
    device_of(machine, H100, "drm/card0", "dri/card0", "drm")

    assert device_files(sysfs_of(machine), "0000:00:01.0") == ()


def test_processes_that_may_not_be_looked_at_are_counted(machine, monkeypatch):
    machine.add_process(5, "secret", opens=("nvidia0",))
    listed = os.listdir

    def refuse(path):
        if str(path).endswith("5/fd"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "listdir", refuse)

    look = look_for_holders(sysfs_of(machine), [H100])

    assert (look.holders, look.unseen_processes) == ((), 1)


def test_a_process_that_ends_while_it_is_looked_at_is_passed_over(machine):
    (machine.proc / "6").mkdir()
    (machine.proc / "7/fd").mkdir(parents=True)
    machine.add_process(8, "python3", opens=("nvidia0",))

    assert [holder.pid for holder in holders(machine)] == [8]


def test_a_strange_device_name_leads_nowhere(machine):
    device_of(machine, H100, "drm/card0", "../../etc/shadow", "drm")
    device_of(machine, H100, "drm/card1", "nvidia1", "drm")

    assert [path.name for path in device_files(sysfs_of(machine), H100)] == ["nvidia0", "nvidia1"]


def test_modeset_is_told(machine):
    assert not nvidia_modeset(sysfs_of(machine))
    machine.put("sys/module/nvidia_drm/parameters/modeset", "Y\n")
    assert nvidia_modeset(sysfs_of(machine))
