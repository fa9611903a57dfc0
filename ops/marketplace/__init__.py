"""A marketplace's backend as the demo and the replay play it: only the public HTTP API, nothing else."""
