"""A real-time neural VJ instrument: it hears, walks a generator's latent space in time, and shows what it dreams."""

import os

__version__ = "0.1.0"

# ONNX Runtime from 1.29 on tells its maker of every session unless this is there before its import. Nothing goes out of
# the house of a show that nobody asked for.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
