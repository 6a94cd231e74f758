"""NVIDIA's resource manager: objects, controls and channels, by the kernel driver's ioctls."""
