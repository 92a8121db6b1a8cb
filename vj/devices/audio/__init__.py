"""Sound in and out, and files of it: inputs and decoders run in processes of their own."""
