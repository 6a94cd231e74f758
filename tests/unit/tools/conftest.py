"""What the tests of the command line share: a device of NumPy, a machine of files, a way to call main()."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import barewire
import ml_dtypes
import numpy as np
import pytest
from barewire import kernels
from barewire.errors import ArgumentMismatch, BadCubin, Freed, KernelNotFound, LaunchTooLarge, NoDevice
from barewire.tools import cli, demo
from barewire.tools.machine import Machine

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; helpers are shared by the tests here, and by those of memory.
for folder in (HERE, HERE.parent / "memory"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


class FakeArray:
    """Device memory that is a NumPy array of its own."""

    def __init__(self, device: FakeDevice, content: np.ndarray) -> None:
        self.device, self.memory, self.freed = device, content.copy(), False
        self.shape, self.dtype, self.size_bytes = content.shape, content.dtype, content.nbytes

    def numpy(self) -> np.ndarray:
        if self.freed:
            raise Freed("the array was freed")
        return self.memory.copy()

    def copy_from(self, source: Any) -> None:
        self.memory[...] = source.memory if isinstance(source, FakeArray) else source

    @property
    def view(self) -> np.ndarray:
        return self.memory

    def free(self) -> None:
        self.freed = True


def saxpy(x: FakeArray, y: FakeArray, scale: np.float32) -> None:
    y.memory += scale * x.memory


def saxpy_n(x: FakeArray, y: FakeArray, scale: np.float32, count: int) -> None:
    y.memory += scale * x.memory


def increment(value: FakeArray) -> None:
    value.memory[0] += 1


def increment_by_block(value: FakeArray, sms: FakeArray, step: int) -> None:
    value.memory[0] += 1


KERNELS: dict[str, tuple[Callable[..., None], int]] = {
    "saxpy": (saxpy, 3),
    "saxpy_n": (saxpy_n, 4),
    "empty": (lambda: None, 0),
    "increment": (increment, 1),
    "increment_by_block": (increment_by_block, 3),
}


@dataclass
class Work:
    """A launch: done at once, or kept by a graph."""

    function: Callable[..., None]
    arguments: tuple[Any, ...]

    def __call__(self, replaced: Any = None) -> None:
        self.function(*((replaced or {}).get(id(argument), argument) for argument in self.arguments))


class FakeGraph:
    """Launches that are kept, with arrays that have names."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.named, self.work = named, []

    @contextmanager
    def independent(self) -> Any:
        yield

    def launch(self, **arguments: Any) -> None:
        replaced = {id(self.named[name]): array for name, array in arguments.items()}
        for step in self.work:
            step(replaced)

    def free(self) -> None:
        self.work = []


class FakeKernel:
    """A kernel that is a function of arrays."""

    def __init__(self, device: FakeDevice, name: str) -> None:
        self.device, self.name = device, name
        self.function, self.parameters = KERNELS[name]

    def __getitem__(self, shape: tuple[Any, Any]) -> Callable[..., None]:
        return lambda *args: self.launch(grid=shape[0], block=shape[1], args=args)

    def launch(self, *, grid: Any, block: Any, args: Any = (), shared: int = 0, queue: Any = None) -> None:
        if len(args) != self.parameters:
            raise ArgumentMismatch(f"{self.name} takes {self.parameters} arguments, not {len(args)}")
        if shared > self.device.shared_limit:
            raise LaunchTooLarge(f"{shared} bytes of shared memory are more than a block may have")
        self.device.submit(Work(self.function, args), (self.name, grid, block, shared))


class FakeQueue:
    """Keeps time in steps of a microsecond."""

    def __init__(self) -> None:
        self.now_ns = 0

    def record(self) -> SimpleNamespace:
        self.now_ns += 1000
        return SimpleNamespace(time_ns=self.now_ns)

    def roundtrip(self) -> None:
        pass


class FakeDevice:
    """The public API of a device, on NumPy. `fault` is raised by the next synchronize."""

    def __init__(self) -> None:
        self.facts = SimpleNamespace(
            name="Fake GPU", chip="gh100", sm_version=90, driver_version="580.95.05",
            classes=SimpleNamespace(compute=0xCBC0),
        )  # fmt: skip
        self.name = "nv:0"
        self.found: list[Any] = []
        self.compute, self.copies = FakeQueue(), FakeQueue()
        self.rm = SimpleNamespace(ioctl_seconds=0.001)
        self.submitted: list[Any] = []
        self.capturing: list[Work] | None = None
        self.closed = 0
        self.fault: Exception | None = None
        self.corrupt = False
        self.shared_limit = 227 << 10

    def load(self, image: Any) -> Any:
        data = image if isinstance(image, bytes) else Path(image).read_bytes()
        if not data.startswith(b"\x7fELF"):
            raise BadCubin("not an ELF file")
        return FakeModule(self)

    def submit(self, work: Work, what: Any) -> None:
        self.submitted.append(what)
        if self.capturing is not None:
            self.capturing.append(work)
        else:
            work()

    def array(self, content: np.ndarray) -> FakeArray:
        made = FakeArray(self, content)
        if self.corrupt:
            made.memory.flat[0] += 1
        return made

    def zeros(self, shape: Any, dtype: Any) -> FakeArray:
        return FakeArray(self, np.zeros(shape, dtype))

    empty = pinned = zeros

    def synchronize(self, timeout_s: float | None = None) -> None:
        if self.fault is not None:
            raise self.fault

    @contextmanager
    def capture(self, **named: Any) -> Any:
        graph = FakeGraph(named)
        self.capturing = graph.work
        yield graph
        self.capturing = None

    def record(self) -> SimpleNamespace:
        return self.compute.record()

    def findings(self) -> tuple[Any, ...]:
        assert self.closed, "what happens while a device is closed may be undefined, too"
        return tuple(self.found)

    def close(self) -> None:
        self.closed += 1


class FakeModule:
    def __init__(self, device: FakeDevice) -> None:
        self.device = device

    def __getitem__(self, name: str) -> FakeKernel:
        if name not in KERNELS:
            raise KernelNotFound(f"the module has no kernel {name!r}", hint=f"It has: {', '.join(KERNELS)}.")
        return FakeKernel(self.device, name)


NUMPY_TYPES = {"float32": np.dtype(np.float32), "bfloat16": np.dtype(ml_dtypes.bfloat16)}


class FakeTensor:
    """The few operations that demo needs, exact in float64 and then rounded to the type of the input."""

    def __init__(self, values: np.ndarray, dtype: Any) -> None:
        self.values, self.dtype = values.astype(np.float64), dtype

    def __matmul__(self, other: FakeTensor) -> FakeTensor:
        return FakeTensor(self.values @ other.values, self.dtype)

    def numpy(self) -> np.ndarray:
        return self.values.astype(self.dtype)


def _softmax(t: FakeTensor) -> FakeTensor:
    exponentials = np.exp(t.values - t.values.max(-1, keepdims=True))
    return FakeTensor(exponentials / exponentials.sum(-1, keepdims=True), t.dtype)


def _rms_norm(t: FakeTensor, weight: FakeTensor, epsilon: float = 1e-5) -> FakeTensor:
    scale = np.sqrt((t.values**2).mean(-1, keepdims=True) + epsilon)
    return FakeTensor(t.values / scale * weight.values, t.dtype)


def _attention(q: FakeTensor, k: FakeTensor, v: FakeTensor, causal: bool = False) -> FakeTensor:
    scores = q.values @ k.values.swapaxes(-1, -2) / q.values.shape[-1] ** 0.5
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
    return FakeTensor(_softmax(FakeTensor(scores, np.float64)).values @ v.values, q.dtype)


@dataclass
class Run:
    """What one call of the program did."""

    code: int
    out: str
    err: str
    data: Any = field(default=None)


@pytest.fixture
def barewire_command(capsys) -> Callable[..., Run]:
    """Call the program with these words; with --json, `data` is what it printed."""

    def call(*words: Any) -> Run:
        code = cli.main([str(word) for word in words])
        printed = capsys.readouterr()
        data = json.loads(printed.out) if "--json" in words else None
        return Run(code, printed.out, printed.err, data)

    return call


@pytest.fixture(scope="module", autouse=True)
def one_parser() -> Iterator[None]:
    """The parser of all verbs, which a program makes once, and a test a hundred times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "build_parser", cache(cli.build_parser))
        yield


@pytest.fixture
def opens(monkeypatch) -> Callable[[Callable[..., Any]], None]:
    """Let `barewire.open` be this function; the names are lazy, and the real ones are not to be loaded."""
    return lambda function: monkeypatch.setitem(vars(barewire), "open", function)


@pytest.fixture
def refuses(opens) -> Callable[[BaseException], None]:
    """Let `barewire.open` raise this."""

    def arrange(error: BaseException) -> None:
        def refuse(*args: Any, **options: Any) -> None:
            raise error

        opens(refuse)

    return arrange


@pytest.fixture
def device(monkeypatch, opens) -> FakeDevice:
    """A device that `barewire.open` gives, with a tensor layer to match."""
    made = FakeDevice()
    opens(lambda device=None, **options: made)
    tensors = {
        "load": lambda dev, name: FakeModule(dev),
        "from_numpy": lambda dev, array, dtype: FakeTensor(array, NUMPY_TYPES[dtype]),
        "softmax": _softmax,
        "rms_norm": _rms_norm,
        "attention": _attention,
    }
    for name, stand_in in tensors.items():
        monkeypatch.setitem(vars(kernels), name, stand_in)
    return made


@pytest.fixture(scope="session")
def _small_checks() -> tuple[demo.Check, ...]:
    rng = np.random.default_rng(demo.SEED)
    return (
        demo._copy(rng, count=4099),
        demo._saxpy(rng, count=1009),
        demo._matmul(rng, "float32", m=35, k=67, n=29),
        demo._matmul(rng, "bfloat16", m=35, k=67, n=29),
        demo._softmax(rng, rows=10, columns=301),
        demo._rms_norm(rng, rows=7, columns=256),
        demo._attention(rng, length=33, size=16),
    )


@pytest.fixture
def small_checks(monkeypatch, _small_checks) -> None:
    """demo with its checks at sizes that take milliseconds, for tests of what is made of their results."""
    monkeypatch.setattr(demo, "checks", lambda: iter(_small_checks))


@pytest.fixture
def no_device(refuses) -> None:
    """A machine without a GPU."""
    refuses(NoDevice("there is no GPU"))


class MachineFolder:
    """A machine as a folder of files: what Linux and NVIDIA's driver would show."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.forbidden: set[str] = set()
        self.tools: dict[str, str] = {}
        self.memlock: int | None = None

    def write(self, relative: str, text: str | bytes) -> None:
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def gpu(
        self, address: str = "0000:01:00.0", *, driver: str | None = "nvidia", minor: int | None = 0
    ) -> None:
        folder = f"sys/bus/pci/devices/{address}"
        for name, text in (("vendor", "0x10de\n"), ("device", "0x2330\n"), ("class", "0x030200\n")):
            self.write(f"{folder}/{name}", text)
        if driver is not None:
            (self.root / folder / "driver").symlink_to(f"../../../../bus/pci/drivers/{driver}")
        if minor is not None:
            text = f"Model: \t\t NVIDIA H100\nDevice Minor: \t {minor}\n"
            self.write(f"proc/driver/nvidia/gpus/{address}/information", text)
            self.write(f"dev/nvidia{minor}", "")

    def driver(self, version: str = "580.95.05") -> None:
        self.write("sys/module/nvidia/version", version + "\n")
        banner = f"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  Release Build\n"
        self.write("proc/driver/nvidia/version", banner)
        self.write("dev/nvidiactl", "")

    def machine(self) -> Machine:
        def access(path: Path, mode: int) -> bool:
            return str(path.relative_to(self.root)) not in self.forbidden

        return Machine(self.root, access, self.tools.get, lambda: self.memlock)


@pytest.fixture
def machine_folder(tmp_path) -> MachineFolder:
    return MachineFolder(tmp_path)


@pytest.fixture
def ready_machine(machine_folder) -> MachineFolder:
    """One GPU with its driver."""
    machine_folder.driver()
    machine_folder.gpu()
    return machine_folder


def tables_of(text: str) -> list[list[dict[str, str]]]:
    """The tables of plain text, read back: each a list of rows by column name."""
    lines = text.splitlines()
    tables = []
    for number, line in enumerate(lines):
        if not re.fullmatch(r" *-+(?:  -+)*", line) or number == 0:
            continue
        spans = [match.span() for match in re.finditer(r"-+", line)]
        names = [lines[number - 1][start:end].strip() for start, end in spans]
        rows = []
        for row in lines[number + 1 :]:
            if not row.strip() or re.match(r"\s*\w+: ", row):
                break
            rows.append(
                {name: row[start:end].strip() for name, (start, end) in zip(names, spans, strict=True)}
            )
        tables.append(rows)
    return tables


@pytest.fixture
def read_tables() -> Callable[[str], list[list[dict[str, str]]]]:
    return tables_of
