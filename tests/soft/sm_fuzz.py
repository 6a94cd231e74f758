"""Bad input for the SM: random words, and words of real kernels with bits changed, until they fault or end.

    python -m tests.soft.sm_fuzz [--words 1000000] [--seed 1] [--build asan]

prints what the launches came to. With `--build asan` it first builds the SM with AddressSanitizer and
UndefinedBehaviorSanitizer, and runs itself again with them. A corrupt stream of instructions must fault or
end; nothing of the host may break.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

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

from barewire.softgpu.sm.machine import FlatMemory, Launch, Machine  # noqa: E402

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


class Fuzzer:
    """Runs launches of made-up words.

    Args:
        seed: of everything random.
    """

    def __init__(self, seed: int, threads: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        self.memory = FlatMemory(1 << 20)
        self.machines = [
            Machine(arch, self.memory, sm_count=2, threads=threads, trial=True) for arch in ARCHITECTURES
        ]
        base = self.memory.gpu_va
        self.numbers = [0, 1, 16, 255, 1 << 20, base & 0xFFFFFFFF, base >> 32, 0x7F01, 0x7F00, 0x7FFFFFFF]
        self.real = real_words()
        self.outcomes: Counter[str] = Counter()
        self.words = 0

    def run(self, count: int) -> Counter[str]:
        """Run at least so many words: mostly each by itself, since a stream ends at its first fault."""
        makers = (self._random_words, self._known_opcodes, self._changed_bits, self._shuffled)
        end = self.words + count
        while self.words < end:
            code = makers[int(self.random.integers(len(makers)))]()
            if self.random.integers(4) == 0:
                self.run_stream(code)
            else:
                self.run_singly(code)
            self.words += len(code)
        return self.outcomes

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
        machine = self.machines[int(self.random.integers(len(self.machines)))]
        report = machine.launch(launch)
        if report.fault is not None:
            self.outcomes[report.fault.name] += 1
        else:
            self.outcomes["hang" if report.stuck else "time" if report.timed_out else "end"] += 1

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


SANITIZERS = "-O1 -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all"


def run_with_sanitizers(arguments: list[str]) -> int:
    """Build the SM with sanitizers, in a folder of its own, and run this again with it."""
    build = HERE.parents[1] / "driver" / "softgpu" / "sm" / "build_sm.py"
    found = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder) / "_sm.abi3.so")
        building = os.environ | {"BAREWIRE_SM_OPTIMISE": SANITIZERS, "BAREWIRE_SM_TARGET": library}
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
