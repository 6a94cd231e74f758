"""Figures, each taken in one run together with the same work done by CUDA. README.md says how."""
