"""A PCI device over a Unix socket, by the vfio-user protocol: both sides of it."""
