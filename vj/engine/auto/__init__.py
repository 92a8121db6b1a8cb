"""The autopilot: it hears where the music stands, knows what each look is for, and changes looks as a hand would."""
