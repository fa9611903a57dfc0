"""One module per place Holdfast runs in: local, test, production; all stand on base."""
