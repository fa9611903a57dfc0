"""The model: trained in a worker, written out as pure Python, which is what judges."""
