"""Pictures of a bundle side by side, or one after the other in a loop."""
