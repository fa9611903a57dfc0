"""A small app whose handlers and performers leave countable marks; fault tests kill the processes that run them."""
