"""PCI: the configuration space and its capabilities."""
