"""Light by DMX over a network: packets of sACN and Art-Net, rigs of fixtures, zones of a picture, merged sources."""
