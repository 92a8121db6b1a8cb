"""Layouts for other people's surfaces, drawn from the registry: TouchOSC and Open Stage Control."""
