"""Volatile memory access, doorbells and waiting, in C; see `_native.h` for what each call promises."""
