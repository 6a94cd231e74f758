"""NVIDIA's resource manager: objects, controls, channels; by ioctl to a kernel driver or by RPC to GSP."""
