"""What a finished picture can be sent to, a file each: dropped here, it can be asked for."""
