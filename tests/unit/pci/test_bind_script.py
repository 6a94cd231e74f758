"""scripts/bind-gpu: it shows what would be written, asks, and only then writes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/bind-gpu"


@pytest.fixture
def run(tmp_path):
    """The script with a barewire that notes its words, and a sudo that runs them."""
    said = tmp_path / "said"
    said.write_text("")
    barewire = tmp_path / "barewire"
    barewire.write_text(
        f'#!/bin/sh\necho "$*" >> {said}\ncase "$*" in *--dry-run*) exit ${{DRY_CODE:-0}} ;; esac\n'
    )
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    for program in (barewire, sudo):
        program.chmod(0o755)

    def call(*words: str, answer: str = "", dry_code: int = 0) -> tuple[int, list[str]]:
        environment = {
            **os.environ,
            "BAREWIRE": str(barewire),
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "DRY_CODE": str(dry_code),
        }
        done = subprocess.run(
            [str(SCRIPT), *words], input=answer, text=True, env=environment, capture_output=True, timeout=60
        )
        return done.returncode, said.read_text().splitlines()

    return call


OWNER = [] if os.getuid() == 0 else ["--owner", f"{os.getuid()}:{os.getgid()}"]


def line(*words: str) -> str:
    return " ".join([*words, *OWNER])


def test_it_shows_asks_and_binds(run):
    code, said = run("0000:01:00.0", "--whole-group", answer="y\n")

    assert code == 0
    assert said == [
        line("bind --dry-run", "0000:01:00.0", "--whole-group"),
        line("bind", "0000:01:00.0", "--whole-group"),
    ]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_any_other_answer_writes_nothing(run, answer):
    code, said = run("0000:01:00.0", answer=answer)

    assert code == 1
    assert said == [line("bind --dry-run", "0000:01:00.0")]


def test_what_stands_against_it_ends_it(run):
    code, said = run("0000:01:00.0", "--yes", dry_code=1)

    assert code == 1
    assert len(said) == 1


def test_an_owner_that_is_named_is_not_replaced(run):
    _, said = run("--yes", "0000:01:00.0", "--owner", "ada")

    assert said[1] == "bind 0000:01:00.0 --owner ada"


def test_it_restores(run):
    code, said = run("--restore", "--all", "--yes")

    assert code == 0
    assert said == ["unbind --dry-run --all", "unbind --all"]


def test_what_stands_against_restoring_ends_it(run):
    code, said = run("--restore", "0000:01:00.0", "--yes", dry_code=1)

    assert code == 1
    assert said == ["unbind --dry-run 0000:01:00.0"]


def test_it_explains_itself(run):
    done = subprocess.run([str(SCRIPT), "--help"], capture_output=True, text=True, timeout=60, check=True)

    assert "scripts/bind-gpu --restore" in done.stdout
    assert done.stdout.rstrip().endswith("or the answer is no.")
