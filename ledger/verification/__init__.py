"""Proof that the ledger is whole, from its rows alone: the function that wrote them is not believed."""
