"""What a performer makes on stage is written down and found again: presets, looks, setlists, and where a show stood."""
