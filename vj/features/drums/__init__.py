"""What is struck: kicks, snares and hats out of a mix."""
