"""The extension made by build_sm.py: cffi's view of machine.h."""

from typing import Any

ffi: Any
lib: Any
