"""Small programs of what warps and memory do together: shuffles, atomics, copies, barriers, matrices."""
