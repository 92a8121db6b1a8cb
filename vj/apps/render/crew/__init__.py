"""What a film in segments is made by and of, before anybody makes a picture: the plan, the parts, the head."""
