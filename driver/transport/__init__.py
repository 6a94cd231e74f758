"""The ways to a GPU's bus: in this process, recorded, replayed."""
