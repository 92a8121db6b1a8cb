"""Programs: wiring only, no maths of their own."""
