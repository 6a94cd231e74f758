"""NVIDIA's resource manager: objects, controls, channels; by a kernel driver's ioctls or by RPC to GSP."""
