"""GSP: the processor that runs NVIDIA's resource manager; its boot, its message queues, its calls."""
