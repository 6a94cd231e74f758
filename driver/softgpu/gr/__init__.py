"""GR: the compute engine of the software GPU."""
