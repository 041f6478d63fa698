"""Numbers as a sheet shows them, and as a program reads them."""
