"""Faults: what the GPU reported, as typed errors.

`records` holds what a backend reads, `notifier` parses the error notifier, `xids`, `mmu` and `sm` are the
tables, and `diagnose` turns all of it into the one error that says most.
"""
