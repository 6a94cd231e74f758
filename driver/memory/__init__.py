"""Memory: virtual address allocation now; page tables and physical allocation with the bare-metal path."""
