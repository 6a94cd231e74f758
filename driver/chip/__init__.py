"""What varies from chip to chip, as tables: identities, limits, launch layouts."""
