"""How a derivation writes things: symbols, index letters, names for what repeats, citations."""
