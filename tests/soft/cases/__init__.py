"""Cases by theme; `tests.soft.kernel_cases` has them all."""
