"""Memory: address allocation, pools, and for the bare-metal path page tables, windows and allocation."""
