"""Bank statements as banks send them, read into one form. Pure: no database, no clock."""
