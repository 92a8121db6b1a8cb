"""Knobs, pads, clocks and lights over MIDI."""
