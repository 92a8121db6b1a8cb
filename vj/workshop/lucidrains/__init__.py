"""The StyleGAN2 of lucidrains/stylegan2-pytorch, which is a network of its own: read, checked, written as graphs."""
