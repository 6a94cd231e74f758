"""The same images as NVIDIA's own tools see them: names, figures, and the instructions after relocation.

Each test needs the tool that it asks and is skipped without it: nvcc from a toolkit, cuobjdump and nvdisasm
from one or from PyPI's nvidia-cuda-cuobjdump and nvidia-cuda-nvdisasm.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from barewire.compute import nvinfo, relocation, sass_scan
from barewire.compute.cubin import KernelInfo, load_image
from barewire.compute.elf import SHT_REL, SHT_RELA, ElfFile
from barewire.compute.nvinfo import Eiattr
from cubin_data import CUBINS, DATA, tool

BASE = 0x1234_5600_0000
RECORDINGS = os.environ.get("BAREWIRE_GOLDEN") or Path(__file__).resolve().parents[4] / "shared" / "golden"
GOLDEN = Path(RECORDINGS) / "h100-580" / "kernels.sm_90.cubin"

all_cubins = pytest.mark.parametrize(("path", "sm_version"), CUBINS.values(), ids=CUBINS)


def ask(name: str, *arguments: str | Path) -> str:
    """What a tool prints; the test is skipped where the tool is missing."""
    path = tool(name)
    if path is None:
        pytest.skip(f"needs {name}")
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def disassemble(code: bytes, sm_version: int, directory: Path) -> list[str]:
    """The text of each instruction."""
    raw = directory / "code.bin"
    raw.write_bytes(code)
    text = ask("nvdisasm", "-b", f"SM{sm_version}", raw)
    return [match[1].strip() for match in re.finditer(r"/\*[0-9a-f]{4,}\*/\s+(.*?);", text)]


def mnemonics(words: list[int], sm_version: int, directory: Path) -> list[str]:
    return disassemble(b"".join(word.to_bytes(16, "little") for word in words), sm_version, directory)


@all_cubins
def test_attributes_have_the_names_that_cuobjdump_gives_them(path, sm_version):
    dump = ask("cuobjdump", "-elf", path)
    elf = ElfFile(path.read_bytes())
    compared = 0

    for section in elf.sections:
        if not section.name.startswith(".nv.info"):
            continue
        body = dump.split(f"\n{section.name}\n", 1)[1].split("\n\n\n", 1)[0]
        theirs = [name.removeprefix("EIATTR_") for name in re.findall(r"Attribute:\t(.*?)\n", body)]
        ours = [attribute.name for attribute in nvinfo.parse(section.data, section.name)]
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            if not our.startswith("attribute 0x"):
                assert our == their
                compared += 1
            else:
                assert their not in Eiattr.__members__

    assert compared > 10


@all_cubins
def test_relocations_have_the_names_that_cuobjdump_gives_them(path, sm_version):
    dump = ask("cuobjdump", "-elf", path)
    elf = ElfFile(path.read_bytes())

    for section in elf.sections:
        if section.type not in (SHT_REL, SHT_RELA) or not section.size_bytes:
            continue
        body = dump.split(f".section {section.name}\t", 1)[1].split("\n\n", 1)[0]
        theirs = re.findall(r"\b(R_CUDA_\w+)", body)
        ours = [relocation.TYPES[record.type].name for record in elf.relocations(section)]
        assert ours == theirs


@all_cubins
def test_figures_agree_with_cuobjdump(path, sm_version):
    usage = ask("cuobjdump", "-res-usage", path)
    image = load_image(path, sm_version)
    theirs = {
        name: dict(re.findall(r"(REG|STACK|SHARED|CONSTANT\[0\]):(\w+)", figures))
        for name, figures in re.findall(r"Function (\S+):\n(.*)", usage)
    }

    for kernel in image.kernels.values():
        figures = theirs[kernel.name]
        assert kernel.registers == int(figures["REG"])
        assert kernel.param_base + kernel.param_bytes == int(figures["CONSTANT[0]"])
        assert kernel.shared_static_bytes == max(int(figures["SHARED"]), kernel.reserved_shared_bytes)
        if figures["STACK"] == "UNKNOWN":
            assert not kernel.stack_is_bounded
        else:
            assert kernel.min_stack == int(figures["STACK"])


@pytest.mark.parametrize("sm_version", [80, 90, 120])
def test_figures_agree_with_those_that_ptxas_prints_while_it_compiles(sm_version, tmp_path):
    product = tmp_path / "features.cubin"
    log = ask(
        "nvcc", "-Xptxas", "-v", "-cubin", f"-arch=sm_{sm_version}", DATA / "features.cu", "-o", product
    )
    image = load_image(product, sm_version)
    entries = re.findall(r"Compiling entry function '(\w+)'.*?(Used .*?)\n", log, re.DOTALL)

    def figure(text: str, pattern: str) -> int:
        match = re.search(pattern, text)
        return int(match[1]) if match else 0

    assert len(entries) == len(image.kernels)
    for name, used in entries:
        kernel: KernelInfo = image.kernels[name]
        assert kernel.registers == figure(used, r"Used (\d+) registers")
        assert kernel.barriers == figure(used, r"used (\d+) barriers")
        assert kernel.shared_static_bytes - kernel.reserved_shared_bytes == figure(used, r"(\d+) bytes smem")
        assert kernel.min_stack == figure(used, r"(\d+) bytes cumulative stack")
    unbounded = set(re.findall(r"Stack size for entry function '(\w+)' cannot", log))
    assert unbounded <= {kernel.name for kernel in image.kernels.values() if not kernel.stack_is_bounded}


@pytest.mark.parametrize("sm_version", [80, 90])
def test_calls_in_relocated_code_go_where_their_functions_stand(sm_version, tmp_path):
    path = DATA / f"linked.sm_{sm_version}.cubin"
    image = load_image(path, sm_version)
    blob = image.relocated(BASE)
    called = {}
    for kernel in image.kernels.values():
        code = blob[kernel.code_offset : kernel.code_offset + kernel.code_size_bytes]
        targets = re.findall(
            r"CALL\.ABS\.NOINC (0x[0-9a-f]+)", "\n".join(disassemble(code, sm_version, tmp_path))
        )
        called[kernel.name] = [image.symbol_at(int(target, 16) - BASE) for target in targets]

    assert called["calls_outside"] == ["outside+0x0"]
    assert called["calls_deep"] == ["deep+0x0"]
    assert called["takes_addresses"] == []


@pytest.mark.parametrize("sm_version", [80, 90])
def test_addresses_in_relocated_code_are_those_of_variables_and_functions(sm_version, tmp_path):
    image = load_image(DATA / f"linked.sm_{sm_version}.cubin", sm_version)
    blob = image.relocated(BASE)
    kernel = image.kernels["takes_addresses"]
    code = blob[kernel.code_offset : kernel.code_offset + kernel.code_size_bytes]
    lines = disassemble(code, sm_version, tmp_path)
    immediates = {int(value, 16) for line in lines for value in re.findall(r"MOV.* (0x[0-9a-f]+)", line)}
    square = next(
        offset for offset in range(0, image.size_bytes, 128) if image.symbol_at(offset) == "square+0x0"
    )

    for address in (BASE + image.globals["values"].offset, BASE + square):
        assert {address & 0xFFFF_FFFF, address >> 32} <= immediates


@pytest.mark.parametrize(
    ("number", "template", "sm_version", "pattern"),
    [
        (58, 0x001FEA0003C00000_0000000000007943, 80, r"CALL\.ABS\.NOINC (0x[0-9a-f]+)"),
        (75, 0x022FEA0003C00000_0000000000007943, 90, r"CALL\.ABS\.NOINC (0x[0-9a-f]+)"),
        (75, 0x022FEA0003C00000_0000000000007943, 120, r"CALL\.ABS\.NOINC (0x[0-9a-f]+)"),
        (56, 0x000FE20000000F00_0000000000147802, 90, r"MOV R20, (0x[0-9a-f]+)"),
        (57, 0x000FE20000000F00_0000000000147802, 90, r"MOV R20, (0x[0-9a-f]+)"),
    ],
)
def test_each_bit_of_an_address_goes_to_the_bit_that_nvdisasm_reads(
    number, template, sm_version, pattern, tmp_path
):
    kind = relocation.TYPES[number]
    shift = 32 if number == 57 else 0
    bits = [bit for piece in kind.slices for bit in range(piece.source, piece.source + piece.width)]
    words = []
    for bit in bits:
        blob = bytearray(template.to_bytes(16, "little"))
        kind.write(blob, 0, 1 << bit)
        words.append(int.from_bytes(blob, "little"))

    texts = mnemonics(words, sm_version, tmp_path)

    read = [re.search(pattern, text) for text in texts]
    assert [match and int(match[1], 16) for match in read] == [1 << bit - shift for bit in bits]


def test_relative_calls_go_where_nvdisasm_says(tmp_path):
    for sm_version, instruction in (
        (80, 0x023FEA0003C00000_000001A000007944),
        (90, 0x023FEA0003C00000_0000000400487944),
        (120, 0x023FEA0003C00000_0000000400487944),
    ):
        facts = sass_scan.scan(memoryview(instruction.to_bytes(16, "little")), sm_version)
        (text,) = mnemonics([instruction], sm_version, tmp_path)
        assert facts.calls == [(0, int(re.search(r"CALL\.REL\.NOINC (0x[0-9a-f]+)", text)[1], 16))]


@pytest.mark.full
@pytest.mark.parametrize("sm_version", [80, 90, 120])
def test_every_texture_and_surface_opcode_is_in_its_range(sm_version, tmp_path):
    texture = ("TEX", "TLD", "TMML", "TXD", "TXQ", "TXA", "FOOTPRINT")
    surface = ("SULD", "SUST", "SUATOM", "SURED", "SUQUERY")
    path = tool("nvdisasm")
    if path is None:
        pytest.skip("needs nvdisasm")
    for opcode in (*range(0x15D, 0x177), *range(0x191, 0x1A3)):
        names = set()
        for form in (1, 5, 7):
            word = (
                opcode | form << 9 | 7 << 12 | 4 << 16 | 4 << 24 | 0xFF04 << 32 | 7 << 81 | 0x000FE200 << 96
            )
            raw = tmp_path / "one.bin"
            raw.write_bytes(word.to_bytes(16, "little"))
            done = subprocess.run(
                [path, "-b", f"SM{sm_version}", raw], capture_output=True, text=True, check=False
            )
            match = re.search(r"/\*0000\*/\s+(\w+)", done.stdout)
            if done.returncode == 0 and match:
                names.add(match[1])
        if names:
            assert any(name.startswith(texture) for name in names) == (opcode in sass_scan.TEXTURE_OPCODES), (
                names
            )
            assert any(name.startswith(surface) for name in names) == (opcode in sass_scan.SURFACE_OPCODES), (
                names
            )


@pytest.mark.skipif(
    not GOLDEN.exists(), reason="the recorded launches of an H100 are not beside this checkout"
)
def test_the_kernels_that_were_launched_on_an_h100_have_the_recorded_figures():
    """H100: shared memory and registers as the vendor's driver wrote them into its launch descriptors."""
    image = load_image(GOLDEN, 90)
    figures = {name: (kernel.registers, kernel.shared_static_bytes) for name, kernel in image.kernels.items()}

    assert figures["stat"] == (10, 0x32E0)
    assert figures["empty"] == (4, 0x400)
    assert image.kernels["clus"].cluster_dims == (2, 1, 1)
    assert image.kernels["wide"].max_threads == 1024
    assert image.kernels["local"].local_bytes == 1024
    assert [param.offset for param in image.kernels["params"].params] == [0, 8, 16, 24, 32]
