"""scripts/fresh-machine with stand-ins for debootstrap and for the commands in the tree that it makes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")

ROOT = Path(__file__).resolve().parents[2]
BORROWED = ("bash", "cat", "cp", "dirname", "env", "git", "mkdir", "mktemp", "mv", "rm", "sed", "tail")

# Notes its arguments, and makes a tree with a name in it.
DEBOOTSTRAP = """#!/usr/bin/env bash
echo "debootstrap $*" >>"$ASKED"
[[ -z ${REFUSES:-} ]] || { echo "E: no such suite"; exit 1; }
mkdir -p "$3/etc/apt/sources.list.d" "$3/srv"
echo 'PRETTY_NAME="A distribution"' >"$3/etc/os-release"
echo "deb http://archive.example/$2 $2 main" >"$3/etc/apt/sources.list"
"""
# Instead of a namespace with the tree as its root: notes the command line and answers as told.
UNSHARE = """#!/usr/bin/env bash
echo "${@: -1}" >>"$ASKED"
[[ "$*" != *"scripts/${FAILS:-nothing}"* ]]
"""


class Machine:
    """A checkout with one commit, on a machine that holds only the stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.programs = folder / "programs"
        self.asked_file = folder / "asked"
        self.asked_file.touch()
        (self.checkout / "scripts").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy(ROOT / "scripts" / "fresh-machine", self.checkout / "scripts")
        for name in BORROWED:
            (self.programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        for name, text in (("debootstrap", DEBOOTSTRAP), ("unshare", UNSHARE)):
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        self._git("init", "--quiet")
        self._git("add", ".")
        who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        self._git(*who, "commit", "--quiet", "--message", "first")

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", "-C", str(self.checkout), *arguments], check=True)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "ASKED": str(self.asked_file), "TMPDIR": str(self.folder)}
        return subprocess.run(
            [str(self.checkout / "scripts" / "fresh-machine"), *arguments],
            env={**environment, **variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def asked(self) -> list[str]:
        return self.asked_file.read_text().splitlines()

    @property
    def asked_in_order(self) -> list[str]:
        """Without what brings git into the tree, which comes before the commands."""
        return [line for line in self.asked if line.startswith(("debootstrap", "cd "))]


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("distribution", "suite"), [("debian-12", "bookworm"), ("debian-13", "trixie"), ("ubuntu-24.04", "noble")]
)
def test_the_two_commands_run_in_a_tree_of_the_distribution(machine, distribution, suite):
    done = machine.run(distribution)

    assert done.returncode == 0, done.stderr
    made, *commands = machine.asked_in_order
    assert made.startswith(f"debootstrap --variant=minbase {suite} ")
    assert commands == ["cd /srv/barewire && scripts/quickstart", "cd /srv/barewire && scripts/test"]
    assert "A distribution" in done.stdout


def test_only_what_is_named_runs(machine):
    machine.run("debian-13", "test")

    assert machine.asked_in_order[1:] == ["cd /srv/barewire && scripts/test"]


def test_a_command_that_fails_does_not_keep_the_other_from_running(machine):
    done = machine.run("debian-12", FAILS="quickstart")

    assert done.returncode == 1
    assert len(machine.asked_in_order) == 3
    assert "scripts/quickstart ended with 1" in done.stdout


def test_nothing_is_left_behind(machine):
    before = sorted(machine.folder.iterdir())
    machine.run("debian-12")

    assert sorted(machine.folder.iterdir()) == before


def test_a_pristine_tree_is_kept_where_it_is_asked_for(machine):
    trees = machine.folder / "trees"
    trees.mkdir()
    machine.run("debian-12", FRESH_TREES=str(trees))
    machine.run("debian-12", FRESH_TREES=str(trees))

    assert sum(line.startswith("debootstrap") for line in machine.asked) == 1
    assert not (trees / "debian-12" / "srv" / "barewire").exists()


def test_a_distribution_that_cannot_be_had_is_told_with_the_reason(machine):
    done = machine.run("debian-12", REFUSES="1")

    assert done.returncode == 2
    assert "E: no such suite" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("slackware",), ("debian-12", "demo")])
def test_what_it_does_not_know_is_refused(machine, arguments):
    assert machine.run(*arguments).returncode == 2
    assert machine.asked == []


def test_it_explains_itself(machine):
    done = machine.run("--help")

    assert done.returncode == 0
    assert "scripts/fresh-machine" in done.stdout
