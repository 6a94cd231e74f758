"""The software GSP: its boot processor, its message queues, and the resource manager that its firmware is."""
