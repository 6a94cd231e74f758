"""What hardware leaves undefined, found and told with its place in the driver's stream."""
