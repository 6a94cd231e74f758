"""PCI devices that the kernel's vfio-pci holds for us: by IOMMU group, or by a file of their own."""
