"""The streaming multiprocessors: they run machine code as real ones do; see `machine`."""
