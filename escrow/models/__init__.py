from escrow.models.escrow import Escrow

__all__ = ["Escrow"]
