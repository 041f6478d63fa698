"""What is on the sheet: the question's steps, tables and checks, as expressions and numbers."""
