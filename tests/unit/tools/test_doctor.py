"""doctor and list: what they say of a machine, described as a folder of files."""

import pytest
from barewire.errors import NoDevice, RmError, UnknownDriver
from barewire.tools import doctor
from barewire.tools.device import what_is_missing
from barewire.tools.exits import Exit
from barewire.tools.list import devices, gpus


def describe(device):
    return f"a GPU named {device}"


@pytest.fixture
def examine(ready_machine):
    """The findings on the machine, by check; several of one name are joined."""

    def look(device=None, open_device=describe):
        found = {}
        for finding in doctor.examine(ready_machine.machine(), device, open_device=open_device):
            found.setdefault(finding.check, []).append(finding)
        return found

    return look


def test_a_ready_machine_opens_a_device(examine):
    found = examine()

    assert found["open"][0].state == doctor.OK
    assert found["open"][0].detail == "nv:0 opens: a GPU named nv:0"
    assert found["gpu"][0].detail == "0000:01:00.0 10de:2330 NVIDIA H100: driver nvidia, no IOMMU group"
    assert {finding.state for finding in found["device file"]} == {doctor.OK}


def test_every_line_that_fails_has_a_remedy(machine_folder):
    findings = list(doctor.examine(machine_folder.machine(), "nv:0", open_device=describe))

    assert [finding for finding in findings if finding.state == doctor.FAIL]
    assert all(finding.remedy for finding in findings if finding.state in (doctor.FAIL, doctor.MISSING))
    assert all(finding.state in (doctor.OK, doctor.NOTE, doctor.MISSING, doctor.FAIL) for finding in findings)


@pytest.mark.parametrize("version", ["580.95.05", "580.159.04"])
def test_a_known_driver_is_ok(ready_machine, examine, version):
    ready_machine.driver(version)

    assert examine()["kernel driver"][0].state == doctor.OK
    assert version in examine()["kernel driver"][0].detail


def test_an_unknown_driver_fails_and_names_the_known_ones(ready_machine, examine):
    ready_machine.driver("999.1.2")
    (finding,) = examine()["kernel driver"]

    assert finding.state == doctor.FAIL
    assert "999.1.2" in finding.detail
    assert "580.159.04" in finding.remedy


def test_a_driver_without_sysfs_is_read_from_its_banner(ready_machine):
    (ready_machine.root / "sys/module/nvidia/version").unlink()

    assert ready_machine.machine().driver_version == "580.95.05"
    assert ready_machine.machine().driver_is_open is True


def test_a_device_file_that_may_not_be_opened_is_named(ready_machine, examine):
    ready_machine.forbidden.add("dev/nvidiactl")
    failed = [finding for finding in examine()["device file"] if finding.state == doctor.FAIL]

    assert [finding.detail for finding in failed] == ["/dev/nvidiactl may not be read and written"]
    assert "chmod" in failed[0].remedy
    assert examine()["open"][0].state == doctor.FAIL


def test_a_device_that_does_not_open_says_why(examine):
    def refuse(device):
        raise RmError("RM refused", hint="Look at dmesg.")

    (finding,) = examine(open_device=refuse)["open"]

    assert (finding.state, finding.remedy) == (doctor.FAIL, "Look at dmesg.")
    assert "RM refused" in finding.detail


def test_without_opening_the_files_decide(examine):
    assert examine(open_device=None)["open"][0].state == doctor.OK
    assert examine("nv:7", open_device=None)["open"][0].state == doctor.FAIL


@pytest.mark.parametrize(
    "effective, state",
    [("0000003fffffffff", doctor.OK), ("00000000a80425fb", doctor.NOTE), ("200000", doctor.OK)],
)
def test_cap_sys_admin_is_bit_21(ready_machine, examine, effective, state):
    ready_machine.write("proc/self/status", f"Name:\tpython\nCapEff:\t{effective}\n")

    assert examine()["CAP_SYS_ADMIN"][0].state == state


def test_a_machine_without_a_gpu_fails_nothing_and_opens_the_software_gpu(machine_folder):
    findings = list(doctor.examine(machine_folder.machine(), open_device=describe))

    assert doctor.can_open(findings)
    assert findings[-1].detail == "soft:gh100 opens: a GPU named soft:gh100"
    assert [finding.check for finding in findings if finding.state == doctor.FAIL] == []
    assert {finding.state for finding in findings if finding.check == "gpu"} == {doctor.NOTE}


def test_the_software_gpu_needs_nothing_of_the_machine(machine_folder):
    machine_folder.gpu(driver=None, minor=None)
    findings = list(doctor.examine(machine_folder.machine(), "soft:gh100", open_device=None))

    assert doctor.can_open(findings)
    assert "kernel driver" not in {finding.check for finding in findings if finding.state == doctor.FAIL}


def test_the_iommu_is_on_where_there_are_groups(ready_machine, examine):
    assert examine()["IOMMU"][0].state == doctor.NOTE
    ready_machine.write("sys/kernel/iommu_groups/7/type", "DMA")
    ready_machine.write("sys/class/iommu/dmar0/uevent", "")

    assert examine()["IOMMU"][0].detail == "on: dmar0; 1 groups"


@pytest.mark.parametrize(
    "check, files, part",
    [
        ("VFIO", {"sys/module/vfio_pci/x": ""}, "loaded: vfio_pci"),
        ("lockdown", {"sys/kernel/security/lockdown": "none [integrity] confidentiality"}, "integrity"),
        ("lockdown", {"sys/kernel/security/lockdown": "[none] integrity confidentiality"}, "off"),
        (
            "hugepages",
            {"proc/meminfo": "HugePages_Total:  8\nHugePages_Free:  5\nHugepagesize:  2048 kB\n"},
            "8 of 2097152 bytes, 5 free",
        ),
    ],
)
def test_what_the_kernel_shows_is_told(ready_machine, examine, check, files, part):
    for name, text in files.items():
        ready_machine.write(name, text)

    assert part in examine()[check][0].detail


@pytest.mark.parametrize("byte, part", [(b"\x01", "on:"), (b"\x00", "off")])
def test_secure_boot_is_the_last_byte_of_its_variable(ready_machine, examine, byte, part):
    from barewire.tools.machine import SECURE_BOOT

    ready_machine.write(SECURE_BOOT, b"\x06\0\0\0" + byte)

    assert examine()["secure boot"][0].detail.startswith(part)


@pytest.mark.parametrize("limit, state", [(None, doctor.OK), (8 << 20, doctor.NOTE), (1 << 40, doctor.OK)])
def test_the_limit_of_locked_memory_is_judged(ready_machine, examine, limit, state):
    ready_machine.memlock = limit

    assert examine()["locked memory"][0].state == state


def test_a_compiler_is_shown_with_version_and_path(ready_machine, examine):
    tool = ready_machine.root / "ptxas"
    tool.write_text("#!/bin/sh\necho 'Cuda compilation tools, release 13.0, V13.0.88'\n")
    tool.chmod(0o755)
    ready_machine.tools["ptxas"] = str(tool)
    found = {finding.detail.split()[0]: finding for finding in examine()["compiler"]}

    assert found["ptxas"].detail.startswith(f"ptxas 13.0.88 at {tool}")
    assert found["nvcc"].state == doctor.MISSING


def test_a_compiler_that_does_not_answer_is_still_shown(ready_machine, examine):
    tool = ready_machine.root / "nvcc"
    tool.write_text("not a program")
    ready_machine.tools["nvcc"] = str(tool)
    details = [finding.detail for finding in examine()["compiler"]]

    assert any(detail.startswith("nvcc of unknown version") for detail in details)


@pytest.mark.parametrize(
    "error, code", [(None, Exit.OK), (NoDevice("none"), Exit.FINDING), (UnknownDriver("600"), Exit.FINDING)]
)
def test_the_exit_code_says_whether_a_device_opens(monkeypatch, barewire_command, ready_machine, error, code):
    def answer(device):
        if error is not None:
            raise error
        return "a GPU"

    monkeypatch.setattr(doctor, "Machine", lambda **options: ready_machine.machine())
    monkeypatch.setattr(doctor, "open_and_describe", answer)

    assert barewire_command("doctor").code == code


def test_doctor_closes_what_it_opened(monkeypatch, barewire_command, ready_machine, device):
    monkeypatch.setattr(doctor, "Machine", lambda **options: ready_machine.machine())
    shown = barewire_command("doctor", "--json")

    assert shown.code == Exit.OK
    assert shown.data["device_opens"] is True
    assert device.closed == 1
    assert "Fake GPU (gh100, sm_90, driver 580.95.05)" in shown.data["checks"][-1]["detail"]


def test_doctor_changes_nothing(ready_machine):
    before = sorted((path, path.lstat().st_mtime_ns) for path in ready_machine.root.rglob("*"))
    list(doctor.examine(ready_machine.machine(), open_device=describe))

    assert sorted((path, path.lstat().st_mtime_ns) for path in ready_machine.root.rglob("*")) == before


# list


def test_list_gives_the_string_that_opens_each_gpu(machine_folder):
    machine_folder.driver()
    machine_folder.gpu("0000:01:00.0", minor=1)
    machine_folder.gpu("0000:41:00.0", minor=0)
    rows = list(devices(machine_folder.machine()))

    assert [(row["device"], row["pci_address"], row["opens"]) for row in rows] == [
        ("nv:1", "0000:01:00.0", True),
        ("nv:0", "0000:41:00.0", True),
        ("soft:gh100", None, True),
    ]


def test_list_shows_a_gpu_that_cannot_be_opened_and_why(machine_folder):
    machine_folder.driver()
    machine_folder.gpu("0000:01:00.0", driver="vfio-pci", minor=None)
    machine_folder.gpu("0000:02:00.0", driver=None, minor=None)
    machine_folder.gpu("0000:03:00.0", minor=5)
    machine_folder.forbidden.add("dev/nvidia5")
    rows = list(devices(machine_folder.machine()))

    assert [row["opens"] for row in rows] == [False, False, False, True]
    assert "vfio-pci" in rows[0]["detail"]
    assert "no driver is bound" in rows[1]["detail"]
    assert rows[2]["detail"] == "/dev/nvidia5 may not be read and written"


def test_list_shows_a_gpu_that_vfio_has_by_the_string_that_opens_it(machine_folder):
    machine_folder.gpu("0000:01:00.0", driver="vfio-pci", minor=None)
    folder = machine_folder.root / "sys/bus/pci/devices/0000:01:00.0"
    (folder / "iommu_group").symlink_to("../../../../kernel/iommu_groups/12")

    def row():
        return next(devices(machine_folder.machine()))

    assert (row()["device"], row()["opens"], row()["detail"]) == (
        "vfio:0000:01:00.0",
        False,
        "vfio-pci has it, but /dev/vfio has no file of it (a container?)",
    )
    machine_folder.write("dev/vfio/12", "")
    assert (row()["opens"], row()["detail"]) == (True, "by /dev/vfio/12")
    machine_folder.forbidden.add("dev/vfio/12")
    assert not row()["opens"] and "--owner" in row()["detail"]
    (folder / "vfio-dev/vfio0").mkdir(parents=True)
    machine_folder.write("dev/vfio/devices/vfio0", "")
    assert (row()["opens"], row()["detail"]) == (True, "by /dev/vfio/devices/vfio0")
    machine_folder.write("dev/vfio/noiommu-12", "")
    assert not row()["opens"] and "DMA unprotected" in row()["detail"]


def test_a_gpu_that_vfio_has_needs_no_driver_of_nvidias(machine_folder):
    machine_folder.gpu("0000:01:00.0", driver="vfio-pci", minor=None)
    findings = {}
    for finding in doctor.examine(machine_folder.machine(), open_device=describe):
        findings.setdefault(finding.check, []).append(finding.state)

    assert findings["gpu"] == [doctor.OK]
    assert findings["kernel driver"] == [doctor.NOTE]
    assert doctor.FAIL not in findings["device file"]


def test_list_in_a_container_shows_device_files_without_a_pci_bus(machine_folder):
    for name in ("nvidiactl", "nvidia3", "nvidia-uvm", "nvidia3x"):
        machine_folder.write(f"dev/{name}", "")

    assert [row["device"] for row in devices(machine_folder.machine())] == ["nv:3", "soft:gh100"]


def test_list_without_procfs_counts_minors_in_pci_order(machine_folder):
    machine_folder.driver()
    for address in ("0000:01:00.0", "0000:02:00.0"):
        machine_folder.gpu(address, minor=None)
    for minor in (0, 1):
        machine_folder.write(f"dev/nvidia{minor}", "")

    assert [row["device"] for row in devices(machine_folder.machine())] == ["nv:0", "nv:1", "soft:gh100"]


def test_list_leaves_out_what_is_no_display_function(machine_folder):
    machine_folder.gpu()
    machine_folder.write("sys/bus/pci/devices/0000:01:00.1/vendor", "0x10de")
    machine_folder.write("sys/bus/pci/devices/0000:01:00.1/device", "0x1aef")
    machine_folder.write("sys/bus/pci/devices/0000:01:00.1/class", "0x040300")
    machine_folder.write("sys/bus/pci/devices/0000:05:00.0/vendor", "garbage")

    assert len(list(gpus(machine_folder.machine()))) == 1


@pytest.mark.parametrize(
    "device, code", [("nv:0", Exit.OK), ("nv:7", Exit.NOT_READY), ("soft:gh100", Exit.OK), (None, Exit.OK)]
)
def test_the_exit_code_of_list_says_whether_one_opens(
    monkeypatch, barewire_command, ready_machine, device, code
):
    monkeypatch.setattr("barewire.tools.list.Machine", ready_machine.machine)
    words = ["list", *(["--device", device] if device else [])]

    assert barewire_command(*words, "--json").code == code
    assert barewire_command(*words).code == code


def test_list_ends_with_the_software_gpu_on_any_machine(monkeypatch, barewire_command, machine_folder):
    monkeypatch.setattr("barewire.tools.list.Machine", machine_folder.machine)
    (row,) = barewire_command("list", "--json").data["devices"]

    assert (row["device"], row["opens"]) == ("soft:gh100", True)
    assert "in this process" in row["detail"]


def test_list_of_one_device_shows_only_that(monkeypatch, barewire_command, ready_machine):
    monkeypatch.setattr("barewire.tools.list.Machine", ready_machine.machine)

    assert len(barewire_command("list", "--device", "nv:0", "--json").data["devices"]) == 1
    assert len(barewire_command("list", "--device", "0000:01:00.0", "--json").data["devices"]) == 1
    assert barewire_command("list", "--device", "nv:1").code == Exit.NOT_READY


# The one sentence


def test_nothing_is_missing_on_a_ready_machine(ready_machine):
    assert what_is_missing(ready_machine.machine()) is None


def no_gpu(folder):
    pass


def no_driver(folder):
    folder.gpu(minor=None, driver=None)


def no_device_files(folder):
    folder.gpu(minor=None)
    folder.driver()
    (folder.root / "dev/nvidiactl").unlink()


def no_permission(folder):
    folder.gpu()
    folder.driver()
    folder.forbidden.add("dev/nvidia0")


@pytest.mark.parametrize(
    "arrange, part",
    [
        (no_gpu, "has no NVIDIA GPU"),
        (no_driver, "modprobe nvidia"),
        (no_device_files, "nvidia-modprobe"),
        (no_permission, "chmod 666"),
    ],
)
def test_what_is_missing_is_one_sentence_with_what_to_do(machine_folder, arrange, part):
    arrange(machine_folder)
    sentence = what_is_missing(machine_folder.machine())

    assert part in sentence
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    assert "\n" not in sentence
