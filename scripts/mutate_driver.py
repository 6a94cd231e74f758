#!/usr/bin/env python3
"""Change the driver in one place at a time, and see whether its tests notice.

    python scripts/mutate_driver.py --minutes 30           go on with benchmarks/results/mutants.json
    python scripts/mutate_driver.py --list --only memory/  which edits there are; runs nothing
    python scripts/mutate_driver.py --survivors            ask again about those that were not noticed

Each mutant is one edit of what is committed, made in a copy of the tree. The unit tests of its package are
asked first, then those of the software GPU, then those of every device, with all that the software GPU can
check; of each only the tests that reach the changed function. A test that hangs has noticed. Tests that fail
without any edit are left out; the results name them.
Why a survivor cannot be noticed here stands in scripts/mutation/explained.json, under its name.
Exit codes: 0 all mutants that were tried were noticed or are explained, 1 some are not.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from functools import reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutation import results, selection
from mutation.edits import OPERATORS, Edit
from mutation.results import NO_MUTANT, SURVIVED, Result
from mutation.selection import Stage
from mutation.survey import Survey
from mutation.trees import Tree

ROOT = Path(__file__).resolve().parents[1]
NAMED_TESTS_S = 600.0
RESULTS = ROOT / "benchmarks" / "results" / "mutants.json"


class Run:
    """Mutants, tried by as many threads as there are trees.

    Attributes:
        done: name -> result; earlier runs' too.
        surveys: folder -> what its tests do without any edit.
    """

    def __init__(self, options: argparse.Namespace, revision: str) -> None:
        self.options = options
        self.revision = revision
        self.done = results.read(options.results)
        self.surveys: dict[str, Survey] = {}
        self._work: queue.Queue[Edit] = queue.Queue()
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._until = time.monotonic() + options.minutes * 60

    def go(self, tree: Tree, folder: Path) -> None:
        """Try what was chosen until it is done, or the time is over."""
        edits = self._chosen(tree.root)
        for edit in edits:
            self._work.put(edit)
        print(f"{len(edits)} mutants of {self.revision}", flush=True)
        copies = [tree.copied(folder / f"copy-{number}") for number in range(self.options.jobs)]
        threads = [threading.Thread(target=self._worker, args=(each,)) for each in copies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _chosen(self, root: Path) -> list[Edit]:
        edits = selection.all_edits(root, self.options.only)
        if self.options.operator:
            edits = [edit for edit in edits if edit.operator in self.options.operator]
        if self.options.survivors:
            survivors = {name for name, each in self.done.items() if each.caught_by == SURVIVED}
            return [edit for edit in edits if self._name(root, edit) in survivors]
        edits = selection.chosen(edits, self.options.count, self.options.seed)
        return [edit for edit in edits if self._name(root, edit) not in self.done]

    @staticmethod
    def _name(root: Path, edit: Edit) -> str:
        return edit.name((root / edit.path).read_text())

    def _worker(self, tree: Tree) -> None:
        while time.monotonic() < self._until:
            try:
                edit = self._work.get_nowait()
            except queue.Empty:
                return
            self._keep(self._try(tree, edit))

    def _try(self, tree: Tree, edit: Edit) -> Result:
        source = (tree.root / edit.path).read_text()
        caught_by, test = SURVIVED, ""
        for stage in self._stages(tree, edit):
            tests, limit_s = self._tests(tree, edit, source, stage)
            if not tests:
                continue
            try:
                with tree.edited(edit):
                    answer = tree.ask(tests, limit_s)
            except subprocess.CalledProcessError as error:
                caught_by, test = NO_MUTANT, str(error.stderr)[-200:]
                break
            if not answer.passed:
                caught_by, test = stage.name, answer.failed[0]
                break
        diff = edit.diff(source) if caught_by == SURVIVED else ""
        name, line = edit.name(source), edit.line(source)
        return Result(name, edit.path, line, edit.operator, caught_by, test, diff, self.revision)

    def _stages(self, tree: Tree, edit: Edit) -> tuple[Stage, ...]:
        if self.options.tests:
            return (Stage("named tests", tuple(self.options.tests)),)
        return selection.stages(tree.root, edit.path)[: 1 if self.options.quick else None]

    def _tests(self, tree: Tree, edit: Edit, source: str, stage: Stage) -> tuple[list[str], float]:
        """Which tests are asked about an edit, and how long they may take."""
        if self.options.tests:
            return list(stage.tests), NAMED_TESTS_S
        survey = self._survey(tree, stage)
        tests = survey.tests_for(edit, source, self.options.seconds)
        return tests, survey.limit_s(tests)

    def _survey(self, tree: Tree, stage: Stage) -> Survey:
        """What a stage's tests do in a tree without edits; each folder is asked once."""
        return reduce(Survey.joined, (self._survey_of(tree, tests) for tests in stage.tests))

    def _survey_of(self, tree: Tree, tests: str) -> Survey:
        with self._lock:
            lock = self._locks[tests]
        with lock:
            if tests not in self.surveys:
                self.surveys[tests] = tree.survey(tests)
                failed = ", ".join(self.surveys[tests].broken) or "all passed"
                print(f"without any edit: {tests}: {failed}", flush=True)
            return self.surveys[tests]

    def _keep(self, result: Result) -> None:
        with self._lock:
            self.done[result.name] = result
            self.write()
        place = f"{result.path}:{result.line}"
        print(f"{result.name} {result.operator:10} {place:40} {result.caught_by}: {result.test}", flush=True)

    def write(self) -> None:
        """The file of results, with all that is known by now."""
        results.write(
            self.options.results,
            self.done.values(),
            revision=self.revision,
            date=datetime.date.today().isoformat(),
            machine=f"{os.cpu_count()} cores, Python {platform.python_version()}",
            seed=self.options.seed,
            failed_without_any_edit=sorted({test for each in self.surveys.values() for test in each.broken}),
        )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--count", type=int, default=210, help="how many mutants in all (default %(default)s)")
    made.add_argument("--seed", type=int, default=1, help="which ones (default %(default)s)")
    made.add_argument("--only", default="", metavar="PART", help="of files whose path contains this")
    made.add_argument("--operator", action="append", choices=OPERATORS, help="only edits of this kind")
    made.add_argument("--survivors", action="store_true", help="only those that survived an earlier run")
    made.add_argument(
        "--seconds", type=float, default=60, help="of tests to ask in each stage (default %(default)s)"
    )
    made.add_argument(
        "--keep", type=Path, help="a folder for the built tree, for later runs at this revision"
    )
    made.add_argument("--quick", action="store_true", help="ask the unit tests only; for a first look")
    made.add_argument("--tests", nargs="+", metavar="TEST", help="ask these, whatever they reach")
    made.add_argument("--minutes", type=float, default=1e6, help="begin no mutant after so long")
    made.add_argument("--jobs", type=int, default=2, help="trees at a time (default %(default)s)")
    made.add_argument("--revision", default="HEAD", help="of the repository (default %(default)s)")
    made.add_argument("--results", type=Path, default=RESULTS, help="the file of results, read and written")
    made.add_argument("--list", action="store_true", help="print the edits, run nothing")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Try mutants, or list them."""
    options = parser().parse_args(arguments)
    if options.list:
        for edit in selection.chosen(selection.all_edits(ROOT, options.only), options.count, options.seed):
            source = (ROOT / edit.path).read_text()
            print(f"{edit.name(source)} {edit.operator}\n{edit.diff(source)}")
        return 0
    describe = ["git", "-C", str(ROOT), "rev-parse", "--short", options.revision]
    revision = subprocess.run(describe, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="barewire-mutants.") as folder:
        run = Run(options, revision)
        run.go(Tree.kept(ROOT, revision, options.keep or Path(folder)), Path(folder))
    run.write()
    reasons = results.explained()
    unknown = [each for each in run.done.values() if each.caught_by == SURVIVED and each.name not in reasons]
    print(f"{len(run.done)} tried, {len(unknown)} neither noticed nor explained")
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
