"""BigGAN-deep as its package keeps it, and BigGAN as ajbrock's BigGAN-PyTorch trains it (`_pytorch`)."""
