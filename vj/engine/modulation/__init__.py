"""What moves a parameter by itself: features and LFOs, by a cue's or look's word or by a slot that a hand filled."""
