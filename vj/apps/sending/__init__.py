"""Where else the picture of a show goes: what was asked for, the switches, and what is told of it."""
