"""Whether looks dance, flash, stay what they are at every level."""
