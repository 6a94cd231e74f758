"""A copy of the tree in which edits are tried, one at a time."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation import reach
from mutation.edits import Edit
from mutation.survey import Survey

SURVEY_S = 3600  # for all tests of a folder
SURVEYS = 3  # a machine without memory may end them
TEST_TIMEOUT_S = 90  # of a single test: the slowest takes some ten seconds on a busy machine
BYTECODE = "PYTHONDONTWRITEBYTECODE"  # only what has no edit leaves compiled forms behind
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.M)
# pytest's exit codes; collection errors count as interrupted
PASSED, SOME_FAILED, INTERRUPTED, NO_SUCH_TEST = 0, 1, 2, 4


@dataclass(frozen=True)
class Answer:
    """What tests said.

    Attributes:
        passed: nothing was found.
        failed: the tests that failed, or how the run ended otherwise.
    """

    passed: bool
    failed: tuple[str, ...] = ()


UNKNOWN = Answer(False, ("a test that is not there",))


class Tree:
    """The files of a revision with extensions built, importable as `barewire` by its own tests only."""

    def __init__(self, folder: Path, surveys: Path | None = None) -> None:
        self.folder = folder
        self.root = folder / "tree"
        self._surveys = surveys or folder

    @classmethod
    def kept(cls, repository: Path, revision: str, folder: Path) -> Tree:
        """A tree of a revision that an earlier run has left there, or a new one."""
        place = folder / revision
        if (place / "complete").exists():
            return cls(place)
        shutil.rmtree(place, ignore_errors=True)
        made = cls.unpacked(repository, revision, place)
        (place / "complete").touch()
        return made

    @classmethod
    def unpacked(cls, repository: Path, revision: str, folder: Path) -> Tree:
        """A tree of a revision of a repository."""
        made = cls(folder)
        made.root.mkdir(parents=True)
        archive = folder / "tree.tar"
        command = ["git", "-C", str(repository), "archive", "--format=tar", "-o", str(archive), revision]
        subprocess.run(command, check=True)
        with tarfile.open(archive) as packed:
            packed.extractall(made.root)
        archive.unlink()
        (folder / "site").mkdir()
        (folder / "site" / "barewire").symlink_to("../tree/driver")
        for package in ("kernels", "tools"):
            (made.root / "driver" / package).symlink_to(f"../{package}")
        made.build()
        return made

    def copied(self, folder: Path) -> Tree:
        """Another one like it."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Tree(folder, self._surveys)

    def build(self) -> None:
        """Compile what is out of date.

        Raises:
            CalledProcessError: the compiler refuses it.
        """
        options = ["--build-lib", "../build/lib", "--build-temp", "../build/temp"]
        command = [sys.executable, "setup.py", "-q", "build_ext", *options]
        subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True)
        package = self.folder / "build" / "lib" / "barewire"
        for library in package.rglob("*.so"):
            shutil.copy2(library, self.root / "driver" / library.relative_to(package))

    @contextlib.contextmanager
    def edited(self, edit: Edit) -> Iterator[None]:
        """The tree with an edit, and afterwards without it.

        Raises:
            CalledProcessError: it does not compile.
        """
        file = self.root / edit.path
        before, times = file.read_bytes(), file.stat()
        try:
            file.write_text(edit.apply(before.decode()))  # its time is its own: no compiled form counts
            if file.suffix == ".c":
                self.build()
            yield
        finally:
            file.write_bytes(before)
            if file.suffix == ".c":
                self.build()
            else:
                os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def survey(self, tests: str) -> Survey:
        """Run all tests of a folder without any edit, or read what they did then."""
        kept = self._surveys / f"{tests.replace('/', '.')}.survey.json"
        if kept.exists():
            return Survey.kept(kept)
        file = self.folder / "reach.json"
        file.unlink(missing_ok=True)
        for _ in range(SURVEYS):
            variables = {reach.FILE: str(file), BYTECODE: ""}
            answer = self._run([tests, "-p", "mutation.reach"], SURVEY_S, variables)
            if file.exists():
                break
        else:
            raise RuntimeError(f"{tests} did not end without any edit: {answer.failed}")
        survey = Survey.read(file, answer.failed)
        survey.write(kept)
        return survey

    def ask(self, tests: Sequence[str], limit_s: float) -> Answer:
        """Run tests up to the first that fails."""
        answer = self._run(["-x", *tests], limit_s, {BYTECODE: "1"})
        if answer is not UNKNOWN:
            return answer
        files = dict.fromkeys(test.split("::")[0] for test in tests)  # the edit has changed names of tests
        return self._run(["-x", *files], limit_s, {BYTECODE: "1"})

    def _run(self, arguments: Sequence[str], limit_s: float, variables: dict[str, str]) -> Answer:
        shutil.rmtree(self.root / ".hypothesis", ignore_errors=True)
        options = ["-q", "-p", "no:cacheprovider", f"--timeout={TEST_TIMEOUT_S}", "-rfE", "--tb=no"]
        paths = [self.folder / "site", Path(__file__).resolve().parents[1]]
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            return _answer(process, limit_s)


def _answer(process: subprocess.Popen[str], limit_s: float) -> Answer:
    try:
        said, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return Answer(False, (f"no end after {limit_s:.0f} s",))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what the tests started
    if process.returncode == PASSED:
        return Answer(True)
    failed = tuple(dict.fromkeys(FAILED.findall(said)))
    if process.returncode in (SOME_FAILED, INTERRUPTED) and failed:
        return Answer(False, failed)
    if process.returncode < 0 or "Timeout" in said or "Fatal Python error" in said:
        return Answer(False, (f"the tests' process ended with {process.returncode}",))
    if process.returncode == NO_SUCH_TEST and "ERROR: not found" in said:
        return UNKNOWN
    raise RuntimeError(f"pytest ended with {process.returncode}:\n{said[-2000:]}")
