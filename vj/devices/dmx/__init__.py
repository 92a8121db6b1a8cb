"""Light desks: faders that come over sACN and Art-Net, each to a parameter."""
