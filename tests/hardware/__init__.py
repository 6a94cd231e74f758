"""What is proven on silicon: `python -m tests.hardware.run --help`."""
