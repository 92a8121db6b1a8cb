"""The second stage: a local Stable Diffusion that paints over pictures."""
