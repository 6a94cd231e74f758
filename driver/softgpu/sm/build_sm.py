"""Describe the SM's C extension to cffi (API mode, limited API), and build it in place for developers.

    python driver/softgpu/sm/build_sm.py

builds it beside its sources. BAREWIRE_SM_ISA_ONLY=avx512 (or avx2, generic) builds the interpreter for one
instruction set only, BAREWIRE_SM_OPTIMISE=-O1 (or "-O1 -fsanitize=address") changes how it is optimised, and
BAREWIRE_SM_TARGET names another file to build.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
CDEF_BEGIN = "/* cdef begin */"
CDEF_END = "/* cdef end */"
HEADERS = ("watch.h", "machine.h")
INSTRUCTION_SETS = ("generic", "avx2", "avx512")
FOLDER = "driver/softgpu/sm"
OPTIMISE = os.environ.get("BAREWIRE_SM_OPTIMISE", "-O3").split()
# No -march: each isa_*.c says which instructions it may use. No -ffast-math, no contraction: exact results.
# Integers wrap, and the same bytes are words here and floats there.
COMPILE_FLAGS = [
    *OPTIMISE,
    *("-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"),
    *("-fwrapv", "-fno-strict-aliasing"),
    *("-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-unused-function"),
]
LIMITED_API = "0x030a0000"


def declarations() -> str:
    """The parts of the headers that Python may see."""
    headers = [(HERE / name).read_text() for name in HEADERS]
    return "".join(header.split(CDEF_BEGIN)[1].split(CDEF_END)[0] for header in headers)


def instruction_sets() -> tuple[str, ...]:
    """For which the interpreter is built."""
    only = os.environ.get("BAREWIRE_SM_ISA_ONLY")
    return (only,) if only else INSTRUCTION_SETS


MACROS = [(f"SM_WITH_{name.upper()}", "1") for name in instruction_sets()]
SOURCES = [
    *(f"{FOLDER}/isa_{name}.c" for name in instruction_sets()),
    *(f"{FOLDER}/{name}.c" for name in ("machine", "pause", "code", "extents", "port", "watch")),
]

# A port whose translations come from Python; see machine.py.
PYTHON_PORT = """
extern "Python" int sm_python_translate(void *context, uint64_t gpu_va, uint32_t access,
                                        struct sm_page *page);
extern "Python" int sm_python_extent(void *context, uint64_t gpu_va, uint32_t access,
                                     struct sm_page *page);
"""

ffibuilder = FFI()
ffibuilder.cdef(declarations() + PYTHON_PORT)
ffibuilder.set_source(
    "barewire.softgpu.sm._sm",
    "".join(f'#include "{name}"\n' for name in HEADERS),
    sources=SOURCES,
    include_dirs=[FOLDER],
    depends=[f"{FOLDER}/{path.name}" for path in sorted(HERE.glob("*.[ch]")) if path.name != "_sm.c"],
    define_macros=MACROS,
    extra_compile_args=[*COMPILE_FLAGS, "-g0"],
    libraries=["pthread", "m"],
    py_limited_api=True,
)


def build_in_place() -> Path:
    """Compile it beside its sources, two files at a time; the objects stay in build/sm."""
    root = HERE.parents[2]
    objects = root / "build" / "sm"
    objects.mkdir(parents=True, exist_ok=True)
    wrapper = objects / "_sm.c"
    ffibuilder.emit_c_code(str(wrapper))
    flags = [
        "-g",
        *COMPILE_FLAGS,
        *("-fPIC", "-Wno-missing-field-initializers", f"-DPy_LIMITED_API={LIMITED_API}"),
        *(f"-D{name}={value}" for name, value in MACROS),
        *(f"-I{FOLDER}", f"-I{sysconfig.get_paths()['include']}"),
    ]

    def compile_one(source: str) -> str:
        made = objects / (Path(source).stem + f".{os.getpid()}.o")
        subprocess.run(["gcc", *flags, "-c", source, "-o", str(made)], cwd=root, check=True)
        return str(made)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(compile_one, [*SOURCES, str(wrapper)]))
    target = Path(os.environ.get("BAREWIRE_SM_TARGET", HERE / "_sm.abi3.so"))
    partial = target.with_suffix(f".{os.getpid()}.partial")
    sanitizers = [flag for flag in OPTIMISE if "sanitize" in flag]
    subprocess.run(["gcc", "-shared", *sanitizers, *made, "-o", str(partial), "-lpthread", "-lm"], check=True)
    partial.replace(target)  # at once: somebody may be running the old one
    for path in made:
        Path(path).unlink()
    return target


if __name__ == "__main__":
    build_in_place()
