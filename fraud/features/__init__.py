"""What is known of a payment before it happens: the state of its parties, and the variables made from it."""
