"""The software GPU: its opcodes, whole kernels, faults and bad input, against recordings of a real GPU."""
