"""Numbers of sound: spectra, filters, frames, and what is put right before anybody listens."""
