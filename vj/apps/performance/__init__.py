"""What was performed, as a thing to look into and to cut: what is in a folder, trimmed, joined."""
