"""What hands do at the desk: values on their way, knobs to be picked up, deeds."""
