from compliance.models.party import Party

__all__ = ["Party"]
