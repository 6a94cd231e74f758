"""Single-edit mutants of the driver: which edits there are, trees to try them in, and what came of them."""
