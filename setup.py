"""Build the three extensions; everything else is in pyproject.toml."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class ParallelBuild(build_ext):
    """Compile the sources of an extension side by side: three of them are one large interpreter."""

    def build_extensions(self) -> None:
        compiler = self.compiler.compiler_so[0]
        if shutil.which(compiler) is None:
            raise SystemExit(
                f"barewire is partly C, and its compiler {compiler!r} is not here.\n"
                "On Debian and Ubuntu: apt-get install gcc libc6-dev python3-dev"
            )
        one_after_the_other = self.compiler.compile

        def side_by_side(sources: list[str], *arguments: Any, **options: Any) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = pool.map(lambda each: one_after_the_other([each], *arguments, **options), sources)
                return [name for names in made for name in names]

        self.compiler.compile = side_by_side
        super().build_extensions()


setup(
    cmdclass={"build_ext": ParallelBuild},
    cffi_modules=["driver/native/build_native.py:ffibuilder", "driver/softgpu/sm/build_sm.py:ffibuilder"],
    ext_modules=[
        Extension(
            "barewire.native._fastlaunch",
            sources=["driver/native/fastlaunch.c"],
            depends=["driver/native/native.h"],
            extra_compile_args=["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter"],
            py_limited_api=True,
        )
    ],
)
