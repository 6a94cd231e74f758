"""NVIDIA's resource manager: objects, controls and channels, by the kernel driver's ioctls or by RPC to GSP."""
