"""Ways through a latent space: learnt ones, and those that the weights tell."""
