"""Build the three extensions; everything else is in pyproject.toml."""

from setuptools import Extension, setup

setup(
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
