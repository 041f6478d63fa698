"""A network's picture as shapes with places: laid out here once, and written by each notation for pictures."""
