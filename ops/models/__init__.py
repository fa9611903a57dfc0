from ops.models.incident import Incident, IncidentLine

__all__ = ["Incident", "IncidentLine"]
