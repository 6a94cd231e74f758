"""Describe the C extension to cffi: API mode, limited API, so that one build serves every Python 3 (abi3)."""

from __future__ import annotations

from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
CDEF_BEGIN = "/* cdef begin */"
CDEF_END = "/* cdef end */"


def declarations() -> str:
    """The part of `native.h` that Python may see."""
    header = (HERE / "native.h").read_text()
    return header.split(CDEF_BEGIN)[1].split(CDEF_END)[0]


ffibuilder = FFI()
ffibuilder.cdef(declarations())
ffibuilder.set_source(
    "barewire.native._native",
    '#include "native.h"\n',
    sources=[f"driver/native/{name}.c" for name in ("access", "bell", "guard", "wait", "ring", "launch")],
    include_dirs=["driver/native"],
    depends=["driver/native/native.h", "driver/native/internal.h"],
    extra_compile_args=["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter"],
    libraries=["pthread"],
    py_limited_api=True,
)
