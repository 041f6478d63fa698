"""A worked solution as data: what every sheet is made of."""
