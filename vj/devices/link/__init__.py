"""The tempo that programs on this network share over Ableton Link."""
