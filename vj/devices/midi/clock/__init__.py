"""The clocks of other machines: MIDI ticks and time code."""
