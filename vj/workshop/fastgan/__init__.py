"""FastGAN and Projected GAN: what their checkpoints hold, the graphs written from it, and the bundle."""
