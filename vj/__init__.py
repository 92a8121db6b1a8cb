"""A real-time neural VJ instrument: it hears, walks a generator's latent space in time, and shows what it dreams."""

__version__ = "0.1.0"
