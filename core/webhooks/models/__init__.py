from core.webhooks.models.delivery import Attempt, Delivery
from core.webhooks.models.endpoint import Endpoint, Secret
from core.webhooks.models.event import PublicEvent

__all__ = ["Attempt", "Delivery", "Endpoint", "PublicEvent", "Secret"]
