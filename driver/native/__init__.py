"""Volatile memory access, doorbells and waiting, in C; see `native.h` for what each call promises."""
