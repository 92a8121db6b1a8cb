"""The finished picture goes out of the machine: NDI, streams, virtual cameras, other programs' textures."""
