"""Compute: cubins, QMDs, constant banks, launches and graphs; knows no backend."""
