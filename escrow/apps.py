from django.apps import AppConfig


class EscrowConfig(AppConfig):
    name = "escrow"
    label = "escrow"

    def ready(self) -> None:
        """Payments asks escrow before money leaves an escrow's account, and before a balance is paid out."""
        from escrow import metrics
        from escrow.services.ach_door import AchDoor
        from escrow.services.door import EscrowDoor
        from payments import ach_door, door

        door.install(EscrowDoor())
        ach_door.install(AchDoor())
        metrics.install()
