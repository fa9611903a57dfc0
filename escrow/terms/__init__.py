"""What two parties agree about money held for them: read, checked, laid out in time, shared into parts. Pure."""
