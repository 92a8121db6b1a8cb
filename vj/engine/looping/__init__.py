"""What goes round and meets its own beginning: the span of a loop, its sound, its walk, its finish."""
