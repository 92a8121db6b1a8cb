"""Steering over the network: OSC in, and what is on back to who asked."""
