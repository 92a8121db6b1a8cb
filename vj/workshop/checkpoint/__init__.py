"""What is around a generator in a file: packing, wrappings, prefixes; and what a file without one is, by name."""
