"""What cffi makes of native.h; C types have no Python types."""

from typing import Any

ffi: Any
lib: Any
