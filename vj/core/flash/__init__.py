"""Flashes, as photosensitive viewers are troubled by them: `meter` counts them."""
