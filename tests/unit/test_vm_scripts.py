"""scripts/vm-setup and scripts/vm-kernel where something is missing, and where everything is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BORROWED = (
    "bash",
    "basename",
    "cat",
    "cmp",
    "dirname",
    "find",
    "flock",
    "head",
    "id",
    "mkdir",
    "mv",
    "rm",
    "sed",
    "sh",
    "sort",
    "tail",
)
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
QEMU = """#!/bin/sh
[ "$1" != --version ] || echo "QEMU emulator version 11.1.3"
"""


class Machine:
    """A machine that has only the programs that it is given."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.programs = folder / "programs"
        self.asked = folder / "asked"
        self.programs.mkdir()
        for name in BORROWED:
            (self.programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        self.add("uname", "#!/bin/sh\necho x86_64\n")
        self.add("dpkg-deb", "#!/bin/sh\n")
        self.add("apt-get", f'#!/bin/sh\necho "apt-get $*" >>{self.asked}\necho no such host\nexit 100\n')

    def add(self, name: str, text: str) -> None:
        (self.programs / name).unlink(missing_ok=True)  # it may be a link to this machine's own
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def run(self, script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "HOME": "/", "BAREWIRE_VM_CACHE": str(self.cache), **more}
        return subprocess.run(
            [str(ROOT / "scripts" / script), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def set_up(self) -> None:
        """As a whole run leaves it, but for its size."""
        for name in ("tools", "firmware", "kernels/stable", "kernels/newest", "kernels/own"):
            (self.cache / name).mkdir(parents=True)
        for name in ("stable", "newest", "own"):
            (self.cache / "kernels" / name / "release").write_text(f"6.12-{name}\n")
            (self.cache / "kernels" / name / "vmlinuz").write_text("a kernel")
        for name in ("tools", "firmware", "kernels/stable", "kernels/newest"):
            folder = self.cache / name
            sizes = [f"{path.stat().st_size} ./{path.name}\n" for path in folder.iterdir()]
            (folder / "contents").write_text("".join(sorted(sizes)))
        shutil.copy(ROOT / "scripts" / "vm-kernel.config", self.cache / "kernels" / "own" / "config")
        (self.cache / "accelerator").write_text("tcg\n")
        (self.cache / "qemu").write_text(QEMU)
        (self.cache / "qemu").chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("script", ["vm-setup", "vm-kernel"])
def test_a_machine_without_apt_is_told_so(machine: Machine, script: str):
    (machine.programs / "apt-get").unlink()

    done = machine.run(script)

    assert done.returncode == 2
    assert "Debian or Ubuntu is needed" in done.stderr


@pytest.mark.parametrize("script", ["vm-setup", "vm-kernel"])
def test_an_archive_that_does_not_answer_is_named_with_what_names_another(machine: Machine, script: str):
    if not KEYS.exists():
        pytest.skip("Debian's keys are not on this machine")

    done = machine.run(script)

    assert done.returncode == 2
    assert "no such host" in done.stderr
    assert "BAREWIRE_VM_MIRROR names another" in done.stderr
    assert not (machine.cache / "tools").exists()
    assert not (machine.cache / "kernels" / "own").exists()


@pytest.mark.parametrize("script", ["vm-setup", "vm-kernel"])
def test_a_machine_that_is_no_pc_is_told_so(machine: Machine, script: str):
    machine.add("uname", "#!/bin/sh\necho aarch64\n")

    done = machine.run(script)

    assert done.returncode == 2
    assert "x86-64" in done.stderr


@pytest.mark.parametrize("script", ["vm-setup", "vm-kernel"])
def test_an_argument_that_is_none_is_refused(machine: Machine, script: str):
    done = machine.run(script, "--all")

    assert done.returncode == 2
    assert "--all" in done.stderr


def test_what_is_there_is_left_as_it_is_and_nothing_is_fetched(machine: Machine):
    machine.set_up()

    done = machine.run("vm-setup", "--kernel")

    assert done.returncode == 0, done.stderr
    assert "QEMU emulator version 11.1.3" in done.stdout
    assert "own: 6.12-own" in done.stdout
    assert not machine.asked.exists()


def lose(path: Path) -> None:
    path.unlink()


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [lose, cut_short])
@pytest.mark.parametrize("name", ["kernels/stable/vmlinuz", "kernels/newest/release"])
def test_a_part_that_is_not_whole_is_fetched_anew(
    machine: Machine, name: str, damage: Callable[[Path], None]
):
    if not KEYS.exists():
        pytest.skip("Debian's keys are not on this machine")
    machine.set_up()
    damage(machine.cache / name)

    done = machine.run("vm-setup")

    assert done.returncode == 2
    assert "update" in machine.asked.read_text()


def test_what_a_run_left_that_was_killed_is_removed(machine: Machine):
    machine.set_up()
    left = [machine.cache / name for name in ("tools.partial", "kernels/own.partial", "apt", "trial")]
    for path in left:
        (path / "lists").mkdir(parents=True)

    done = machine.run("vm-setup")

    assert done.returncode == 0, done.stderr
    assert not any(path.exists() for path in left)
    assert "partial" not in done.stdout


def test_a_run_that_fails_leaves_nothing_unfinished(machine: Machine):
    if not KEYS.exists():
        pytest.skip("Debian's keys are not on this machine")
    for script in ("vm-setup", "vm-kernel"):
        machine.run(script)

        assert sorted(path.name for path in machine.cache.rglob("*")) == ["kernels", "lock"]


def test_kvm_that_is_gone_is_looked_for_anew(machine: Machine):
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("this machine has a KVM")
    machine.set_up()
    (machine.cache / "accelerator").write_text("kvm\n")

    done = machine.run("vm-setup")

    assert done.returncode == 0, done.stderr
    assert (machine.cache / "accelerator").read_text() == "tcg,thread=multi\n"


HOSTILE = """
APT::Get::AllowUnauthenticated "true";
Acquire::AllowInsecureRepositories "true";
Acquire::AllowWeakRepositories "true";
APT::Update::Pre-Invoke { "touch /tmp/hook"; };
APT::Update::Post-Invoke { "touch /tmp/hook"; };
APT::Update::Post-Invoke-Success { "touch /tmp/hook"; };
DPkg::Post-Invoke { "touch /tmp/hook"; };
"""


def test_this_machines_apt_lends_neither_its_hooks_nor_what_it_lets_pass(machine: Machine, tmp_path: Path):
    apt_config = shutil.which("apt-config")
    if apt_config is None or not KEYS.exists():
        pytest.skip("no apt here, or not Debian's keys")
    (tmp_path / "hostile.conf").write_text(HOSTILE)
    machine.add("apt-get", f'#!/bin/sh\n"{apt_config}" "$1" "$2" dump >{machine.asked}\nexit 100\n')

    machine.run("vm-setup", APT_CONFIG=str(tmp_path / "hostile.conf"))
    said = machine.asked.read_text()

    assert "/tmp/hook" not in said
    assert 'APT::Get::AllowUnauthenticated "false";' in said
    assert 'Acquire::AllowInsecureRepositories "false";' in said
    assert 'Acquire::AllowWeakRepositories "false";' in said
    assert f'Dir::State "{machine.cache}/apt";' in said


def test_the_help_says_what_the_variables_are(machine: Machine):
    for script in ("vm-setup", "vm-kernel"):
        done = machine.run(script, "--help")

        assert done.returncode == 0
        assert "BAREWIRE_VM_CACHE" in done.stdout
        assert "Exit code:" in done.stdout


def test_the_scripts_are_programs():
    for script in ("vm-setup", "vm-kernel"):
        assert os.access(ROOT / "scripts" / script, os.X_OK)
