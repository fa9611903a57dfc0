"""A payment, and what was asked of a gateway for it."""

from django.db import models
from django.db.models import F, Q

from payments.enums import AttemptOutcome, Operation, PaymentMethod, PaymentStatus, Step, VoidReason

PROCESSING_STEPS = [Step.AUTHORISE, Step.CAPTURE, Step.VOID]
TERMINAL = [PaymentStatus.COMPLETED, PaymentStatus.FAILED, PaymentStatus.CANCELLED]


class Payment(models.Model):
    """One card payment. `public_id` is also the reference every gateway knows it by.

    `step` is the recovery point and `resume_at` the moment from which anybody may take the payment up again; both are
    what a crash leaves behind. `client` holds what the fraud observation needs to know of the buyer: first six digits
    and fingerprint of the card, address, device, country, keyed hash of the e-mail. A trigger refuses illegal moves of
    `status` and any change of the amounts, the parties and the identity after the first insert.
    """

    public_id = models.CharField(max_length=32, unique=True)
    transaction_id = models.CharField(max_length=32, unique=True)
    livemode = models.BooleanField()
    status = models.CharField(max_length=10, choices=PaymentStatus)
    step = models.CharField(max_length=9, choices=Step)

    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_basis_points = models.PositiveIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    refunded_fee_minor = models.BigIntegerField(default=0)
    disputed_minor = models.BigIntegerField(default=0)
    disputed_fee_minor = models.BigIntegerField(default=0)
    dispute_id = models.CharField(max_length=40, null=True)

    customer = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    provider = models.ForeignKey(
        "compliance.Party", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    booking_id = models.CharField(max_length=100, blank=True)
    service_id = models.CharField(max_length=100, blank=True)
    escrow_id = models.CharField(max_length=32, null=True, unique=True)
    payment_method = models.CharField(max_length=4, choices=PaymentMethod, default=PaymentMethod.CARD)
    metadata = models.JSONField(default=dict)

    card_token = models.CharField(max_length=40)
    card_brand = models.CharField(max_length=20)
    card_last4 = models.CharField(max_length=4)
    gateway = models.CharField(max_length=20)
    network_id = models.CharField(max_length=40, blank=True)

    assessment = models.ForeignKey(
        "fraud.Assessment", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    fraud_score = models.PositiveSmallIntegerField(null=True)
    fraud_outcome = models.CharField(max_length=11)
    fraud_recommendation = models.CharField(max_length=11)
    compliance_flags = models.JSONField(default=list)
    client = models.JSONField(default=dict)

    failure_code = models.CharField(max_length=40, blank=True)
    void_reason = models.CharField(max_length=9, choices=VoidReason, blank=True)
    ledger_hold = models.CharField(max_length=40, blank=True)
    capture_deadline = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    claim_id = models.BigIntegerField(null=True, unique=True)

    created_by = models.CharField(max_length=120)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Lists go by (created_at, id), newest first, under any one of these.
            models.Index(fields=["livemode", "-created_at", "-id"], name="payment_newest_first"),
            models.Index(fields=["livemode", "status", "-created_at", "-id"], name="payment_by_status"),
            models.Index(fields=["customer", "-created_at", "-id"], name="payment_by_customer"),
            models.Index(
                fields=["provider", "-created_at", "-id"],
                name="payment_by_provider",
                condition=Q(provider__isnull=False),
            ),
            models.Index(fields=["livemode", "card_last4", "-created_at", "-id"], name="payment_by_last4"),
            models.Index(fields=["resume_at"], name="payment_to_resume", condition=Q(resume_at__isnull=False)),
            models.Index(fields=["capture_deadline"], name="payment_on_hold", condition=Q(step=Step.HOLD)),
            models.Index(
                fields=["captured_at"],
                name="payment_not_settled",
                condition=Q(captured_at__isnull=False, settled_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, net_minor__gte=0, amount_minor=F("fee_minor") + F("net_minor")),
                name="payment_fee_and_net_make_the_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, disputed_minor__gte=0)
                & Q(amount_minor__gte=F("refunded_minor") + F("disputed_minor")),
                name="payment_gives_back_no_more_than_it_took",
            ),
            models.CheckConstraint(
                condition=Q(refunded_fee_minor__gte=0, disputed_fee_minor__gte=0)
                & Q(fee_minor__gte=F("refunded_fee_minor") + F("disputed_fee_minor"))
                & Q(refunded_fee_minor__lte=F("refunded_minor"), disputed_fee_minor__lte=F("disputed_minor")),
                name="payment_gives_back_no_more_fee_than_it_took",
            ),
            models.CheckConstraint(
                condition=Q(
                    net_minor__gte=F("refunded_minor")
                    - F("refunded_fee_minor")
                    + F("disputed_minor")
                    - F("disputed_fee_minor")
                ),
                name="payment_net_goes_back_once",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor=0, disputed_minor=0) | Q(status=PaymentStatus.COMPLETED),
                name="payment_is_captured_before_it_is_given_back",
            ),
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_is_known"),
            models.CheckConstraint(
                condition=Q(status=PaymentStatus.PROCESSING, step__in=PROCESSING_STEPS, resume_at__isnull=False)
                | Q(status=PaymentStatus.PENDING, step=Step.HOLD, capture_deadline__isnull=False)
                | Q(status__in=TERMINAL, step=Step.DONE, resume_at__isnull=True),
                name="payment_status_and_step_agree",
            ),
            models.CheckConstraint(
                condition=Q(status=PaymentStatus.COMPLETED, captured_at__isnull=False)
                | (~Q(status=PaymentStatus.COMPLETED) & Q(captured_at__isnull=True)),
                name="payment_is_captured_when_completed",
            ),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.FAILED) | ~Q(failure_code=""), name="failed_payment_says_why"
            ),
            models.CheckConstraint(
                condition=(Q(step=Step.VOID) & ~Q(void_reason="")) | ~Q(step=Step.VOID), name="void_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def refundable_minor(self) -> int:
        """What may still be given back: captured less refunded less disputed."""
        if self.status != PaymentStatus.COMPLETED:
            return 0
        return self.amount_minor - self.refunded_minor - self.disputed_minor


class GatewayAttempt(models.Model):
    """One try of one question to a gateway. Append-only; what was sent is not kept."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="attempts")
    reference = models.CharField(max_length=40)
    operation = models.CharField(max_length=9, choices=Operation)
    outcome = models.CharField(max_length=18, choices=AttemptOutcome)
    code = models.CharField(max_length=40, blank=True)
    duration_ms = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.operation} {self.outcome}"
