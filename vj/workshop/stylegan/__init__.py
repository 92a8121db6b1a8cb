"""StyleGAN, StyleGAN2 and StyleGAN3: a plan and a graph a generation, which its number tells."""
