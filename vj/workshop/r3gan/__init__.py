"""R3GAN: read, checked, written as graphs."""
