"""Songs with known beats, composed and rendered."""
