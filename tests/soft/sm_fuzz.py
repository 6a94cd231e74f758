"""Bad input for the SM: random words, and words of real kernels with bits changed, until they fault or end.

    python -m tests.soft.sm_fuzz [--words 1000000] [--seed 1] [--build asan]

prints what the launches came to. Half of the launches have mapped memory, and some of those decoded code that
is kept and a watch; both memory and code are forgotten at random, while a thread pauses and stops them. With
`--build asan` it first builds the SM with AddressSanitizer and UndefinedBehaviorSanitizer, and runs itself
again with them. A corrupt stream of instructions must fault or end; nothing of the host may break.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import mmap
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

LIBRARY_VARIABLE = "BAREWIRE_FUZZED_LIBRARY"
EXTENSION = "barewire.softgpu.sm._sm"


def use_library(path: str) -> None:
    """Let the SM's Python side find this build of its extension."""
    specification = importlib.util.spec_from_file_location(EXTENSION, path)
    if specification is None or specification.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[EXTENSION] = module
    specification.loader.exec_module(module)
    import barewire.softgpu.sm

    barewire.softgpu.sm._sm = module  # type: ignore[attr-defined]


if LIBRARY_VARIABLE in os.environ:
    use_library(os.environ[LIBRARY_VARIABLE])

from barewire.softgpu.sm.code_cache import CodeCache  # noqa: E402
from barewire.softgpu.sm.control import Control  # noqa: E402
from barewire.softgpu.sm.machine import FlatMemory, Launch, Machine, Report  # noqa: E402
from barewire.softgpu.sm.mapped import EXECUTE, READ, Extent, MappedMemory  # noqa: E402
from barewire.softgpu.sm.watch import Ordering, Shadow, Watch  # noqa: E402

from tests.soft import words as w  # noqa: E402

HERE = Path(__file__).parent
KERNELS = (*sorted(HERE.glob("kernels/sm_*/*.cubin")), *sorted(HERE.glob("machine/*.cubin")))
ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
WORDS_OF_A_LAUNCH = 64
TIME_LIMIT_S = 0.02
CODE_OFFSET = 0x10000
BANK_BYTES = 4096
WORD_BYTES = 16
# An SM's words begin with one of the opcodes of its tables more often than chance would have it.
OPCODE_BITS = 12


def real_words() -> np.ndarray:
    """Instruction words of compiled kernels, as rows of two 64-bit numbers."""
    from barewire.compute.cubin import load_image

    rows = []
    for path in KERNELS:
        arch = int(path.parent.name.removeprefix("sm_")) if path.parent.name.startswith("sm_") else None
        arch = arch or int(path.stem.partition(".sm_")[2])
        image = load_image(path.read_bytes(), arch)
        blob = bytes(image.relocated(0))
        for kernel in image.kernels.values():
            code = blob[kernel.code_offset : kernel.code_offset + kernel.code_size_bytes]
            rows.append(np.frombuffer(code, np.uint64).reshape(-1, 2))
    return np.unique(np.concatenate(rows), axis=0)


def _words(code: np.ndarray) -> list[int]:
    return [int(low) | int(high) << 64 for low, high in code]


MEMORY_BYTES = 1 << 20
REFUSED, SPARSE, READ_ONLY = (
    61,
    67,
    71,
)  # pages of 4 KiB whose number is a multiple of these are no plain memory
REST_S = 10.0


def _end_of(report: Report) -> str:
    ends = {"stopped": report.stopped, "hang": report.stuck, "time": report.timed_out}
    return next((name for name, happened in ends.items() if happened), "end")


class Disturber(threading.Thread):
    """Pauses and stops launches, and forgets what they know of memory and code, at random times.

    Attributes:
        control: for the next launch.
        failed: why the fuzzing has found something: launches that do not come to rest.
    """

    def __init__(self, seed: int, memory: MappedMemory, code: CodeCache) -> None:
        super().__init__(daemon=True)
        self._random = np.random.default_rng(seed)
        self._memory, self._code = memory, code
        self._ended = threading.Event()
        self.control = Control()
        self.failed: str | None = None

    def run(self) -> None:
        """Disturb until the end."""
        while not self._ended.wait(float(self._random.exponential(0.0005))):
            action = (self._pause, self._pause, self._memory.invalidate, self._code.forget, self._stop)
            action[int(self._random.integers(len(action)))]()

    def end(self) -> None:
        """Let launches alone."""
        self._ended.set()
        self.join()

    def _pause(self) -> None:
        control = self.control
        control.pause()
        if not control.wait_at_rest(REST_S):
            self.failed = "a paused launch does not come to rest"
        if self._random.integers(2):
            self._memory.invalidate()
        control.resume()

    def _stop(self) -> None:
        stopped, self.control = self.control, Control()
        stopped.stop()
        if not stopped.wait_at_rest(REST_S):
            self.failed = "a stopped launch does not end"


class Fuzzer:
    """Runs launches of made-up words.

    Args:
        seed: of everything random.
    """

    def __init__(self, seed: int, threads: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        self.memory = FlatMemory(MEMORY_BYTES)
        file = os.memfd_create("fuzzed")
        os.ftruncate(file, MEMORY_BYTES)
        self.memory.data = np.frombuffer(mmap.mmap(file, MEMORY_BYTES), np.uint8)
        self._host = int(self.memory.data.__array_interface__["data"][0])
        self.shadow = Shadow(self._host, MEMORY_BYTES, file)
        self.mapped, self.code = MappedMemory(self._extent), CodeCache()
        self.disturber = Disturber(seed, self.mapped, self.code)
        self.operation = 0
        self.machines, self.mapped_machines = (
            [Machine(arch, memory, sm_count=2, threads=threads, trial=True) for arch in ARCHITECTURES]
            for memory in (self.memory, self.mapped)
        )
        base = self.memory.gpu_va
        self.numbers = [0, 1, 16, 255, 1 << 20, base & 0xFFFFFFFF, base >> 32, 0x7F01, 0x7F00, 0x7FFFFFFF]
        self.real = real_words()
        self.outcomes: Counter[str] = Counter()
        self.words = 0

    def run(self, count: int) -> Counter[str]:
        """Run at least so many words: mostly each by itself, since a stream ends at its first fault."""
        makers = (self._random_words, self._known_opcodes, self._changed_bits, self._shuffled)
        end = self.words + count
        self.disturber.start()
        while self.words < end:
            code = makers[int(self.random.integers(len(makers)))]()
            if self.random.integers(4) == 0:
                self.run_stream(code)
            else:
                self.run_singly(code)
            self.words += len(code)
        self.disturber.end()
        if self.disturber.failed:
            raise RuntimeError(self.disturber.failed)
        return self.outcomes

    def _extent(self, gpu_va: int, access: int) -> Extent | None:
        """The same memory page by page; some of it is refused, sparse or only to be read."""
        offset = gpu_va - self.memory.gpu_va
        if not 0 <= offset < MEMORY_BYTES:
            return None
        page = offset >> 12
        if page % REFUSED == REFUSED - 1:
            return None
        if page % SPARSE == SPARSE - 1:
            return Extent(gpu_va & ~0xFFF, 4096, 0)
        if page % READ_ONLY == READ_ONLY - 1:
            return Extent(gpu_va & ~0xFFF, 4096, self._host + (offset & ~0xFFF), READ | EXECUTE)
        return Extent(gpu_va & ~0xFFF, 4096, self._host + (offset & ~0xFFF))

    def run_stream(self, code: np.ndarray) -> None:
        """One launch of all the words."""
        self._place([*self._begin(), *_words(code), w.exit_()])
        self._launch(0)

    def run_singly(self, code: np.ndarray) -> None:
        """A launch for each word."""
        begin = self._begin()
        step = len(begin) + 2
        self._place([each for word in _words(code) for each in (*begin, word, w.exit_())])
        for index in range(len(code)):
            self._launch(index * step)

    def _begin(self) -> list[int]:
        """Put numbers into the first registers that are addresses more often than chance would have it."""
        lane = [w.s2r(0, w.LANE_ID)] if self.random.integers(2) else []
        return [*(w.mov(register, int(self.random.choice(self.numbers))) for register in range(6)), *lane]

    def _place(self, words: list[int]) -> None:
        raw = b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)
        self.memory.data[CODE_OFFSET : CODE_OFFSET + len(raw)] = np.frombuffer(raw, np.uint8)

    def _launch(self, first_word: int) -> None:
        base = self.memory.gpu_va
        launch = Launch(
            entry_va=base + CODE_OFFSET + first_word * WORD_BYTES,
            grid=(int(self.random.integers(1, 3)), 1, 1),
            block=(int(self.random.choice([1, 31, 32, 70])), 1, 1),
            register_count=int(self.random.choice([8, 40, 128, 255, 255, 255, 255])),
            shared_bytes=int(self.random.choice([0, 1024, 4000])),
            local_bytes=int(self.random.choice([0, 16, 512])),
            barrier_count=int(self.random.choice([1, 16])),
            constant_banks={0: (base, BANK_BYTES), 3: (base, 100)},
            timeout_s=TIME_LIMIT_S,
        )
        which = int(self.random.integers(len(self.machines)))
        if self.random.integers(2):
            report = self.mapped_machines[which].launch(self._disturbed(launch))
        else:
            report = self.machines[which].launch(launch)
        if report.fault is not None:
            self.outcomes[report.fault.name] += 1
        else:
            self.outcomes[_end_of(report)] += 1

    def _disturbed(self, launch: Launch) -> Launch:
        given: dict[str, Any] = {"control": self.disturber.control}
        if self.random.integers(4) == 0:
            given["code"] = self.code  # mostly other words than those that were decoded
        if self.random.integers(4) == 0:
            self.operation += 1
            given["watch"] = Watch(self.shadow, Ordering(self.operation, self.operation // 2, b"\x55" * 8))
        return dataclasses.replace(launch, **given)

    def _random_words(self) -> np.ndarray:
        return self.random.integers(0, 1 << 64, (WORDS_OF_A_LAUNCH, 2), np.uint64)

    def _known_opcodes(self) -> np.ndarray:
        """Opcodes that exist, under guards that hold; all else random."""
        code = self.random.integers(0, 1 << 64, (WORDS_OF_A_LAUNCH, 2), np.uint64)
        known = self.real[self.random.integers(len(self.real), size=len(code)), 0]
        low = np.uint64((1 << OPCODE_BITS) - 1)
        code[:, 0] = code[:, 0] & ~np.uint64(0xFFFF) | known & low | np.uint64(w.PT << OPCODE_BITS)
        return code

    def _changed_bits(self) -> np.ndarray:
        """Instructions of real kernels, a few bits of each other than they were."""
        code = self.real[self.random.integers(len(self.real), size=WORDS_OF_A_LAUNCH)].copy()
        for _ in range(int(self.random.integers(1, 4))):
            rows = np.arange(len(code))
            halves = self.random.integers(0, 2, len(code))
            code[rows, halves] ^= np.uint64(1) << self.random.integers(0, 64, len(code)).astype(np.uint64)
        return code

    def _shuffled(self) -> np.ndarray:
        """Instructions of real kernels in an order that makes no sense."""
        return self.real[self.random.integers(len(self.real), size=WORDS_OF_A_LAUNCH)]


# -g1: functions and lines, which reports name, and no variables, which take as long to compile as the code.
SANITIZERS = "-O1 -g1 -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all"


def run_with_sanitizers(arguments: list[str]) -> int:
    """Build the SM with sanitizers, in a folder of its own, and run this again with it.

    Only that interpreter is built which is run on this host: each takes half a minute.
    """
    build = HERE.parents[1] / "driver" / "softgpu" / "sm" / "build_sm.py"
    found = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder) / "_sm.abi3.so")
        building = os.environ | {
            "BAREWIRE_SM_ISA_ONLY": Machine(ARCHITECTURES[0], FlatMemory(BANK_BYTES), trial=True).isa,
            "BAREWIRE_SM_OPTIMISE": SANITIZERS,
            "BAREWIRE_SM_TARGET": library,
        }
        subprocess.run([sys.executable, str(build)], env=building, check=True, stdout=subprocess.DEVNULL)
        running = os.environ | {
            "LD_PRELOAD": found,
            "ASAN_OPTIONS": "detect_leaks=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            LIBRARY_VARIABLE: library,
        }
        command = [sys.executable, "-m", "tests.soft.sm_fuzz", *arguments]
        return subprocess.run(command, env=running).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", choices=["asan"])
    chosen = parser.parse_args()
    if chosen.build:
        return run_with_sanitizers(["--words", str(chosen.words), "--seed", str(chosen.seed)])
    fuzzer = Fuzzer(chosen.seed)
    fuzzer.run(chosen.words)
    print(f"{fuzzer.words} words:", dict(fuzzer.outcomes.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
