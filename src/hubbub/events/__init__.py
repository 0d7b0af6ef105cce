"""What engines tell each other: typed event contracts, and the log that carries them."""
