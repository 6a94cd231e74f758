"""scripts/vm-setup and scripts/vm-kernel where something is missing, and where everything is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BORROWED = (
    "bash",
    "basename",
    "cat",
    "cmp",
    "dirname",
    "flock",
    "head",
    "id",
    "mkdir",
    "rm",
    "sed",
    "sh",
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
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "HOME": "/", "BAREWIRE_VM_CACHE": str(self.cache)}
        return subprocess.run(
            [str(ROOT / "scripts" / script), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


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
    for name in ("tools", "firmware", "kernels/stable", "kernels/newest", "kernels/own"):
        (machine.cache / name).mkdir(parents=True)
    for name in ("stable", "newest", "own"):
        (machine.cache / "kernels" / name / "release").write_text(f"6.12-{name}\n")
        (machine.cache / "kernels" / name / "vmlinuz").write_text("")
    shutil.copy(ROOT / "scripts" / "vm-kernel.config", machine.cache / "kernels" / "own" / "config")
    (machine.cache / "accelerator").write_text("tcg\n")
    (machine.cache / "qemu").write_text(QEMU)
    (machine.cache / "qemu").chmod(0o755)

    done = machine.run("vm-setup", "--kernel")

    assert done.returncode == 0, done.stderr
    assert "QEMU emulator version 11.1.3" in done.stdout
    assert "own: 6.12-own" in done.stdout
    assert not machine.asked.exists()


def test_the_help_says_what_the_variables_are(machine: Machine):
    for script in ("vm-setup", "vm-kernel"):
        done = machine.run(script, "--help")

        assert done.returncode == 0
        assert "BAREWIRE_VM_CACHE" in done.stdout
        assert "Exit code:" in done.stdout


def test_the_scripts_are_programs():
    for script in ("vm-setup", "vm-kernel"):
        assert os.access(ROOT / "scripts" / script, os.X_OK)
