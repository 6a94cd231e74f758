"""General CUDA C++ kernels of this project, for comparing the software GPU's SM with a real one."""
