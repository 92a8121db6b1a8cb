"""StyleGAN, StyleGAN2 and StyleGAN3: a plan, a graph and an importer a generation, which its number tells."""
