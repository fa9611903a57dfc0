"""The documented objects in their wire names. Amounts are whole minor units, times RFC 3339 in UTC.

Answers may gain fields any time; a test compares these with the committed description of the API.
"""

from typing import Any, NotRequired, TypedDict


class CardShown(TypedDict):
    token: str
    brand: str
    last4: str


class TrailEntry(TypedDict):
    timestamp: str
    action: str
    result: str
    details: dict[str, Any]
    correlationId: str


class PaymentRow(TypedDict):
    """A payment as lists show it."""

    paymentId: str
    transactionId: str
    status: str
    amount: int
    currency: str
    fees: int
    netAmount: int
    fraudScore: int | None
    fraudRecommendation: str | None
    customerId: str
    providerId: str | None
    bookingId: str | None
    serviceId: str | None
    escrowId: str | None
    paymentMethod: str
    card: CardShown
    metadata: dict[str, Any]
    amountRefunded: int
    disputeId: str | None
    complianceFlags: list[str]
    failureCode: str | None
    captureDeadline: str | None
    livemode: bool
    createdAt: str
    timestamp: str


class CancelledPayment(PaymentRow):
    success: bool


class Payment(PaymentRow):
    success: bool
    auditTrail: list[TrailEntry]


class Validation(TypedDict):
    success: bool
    valid: bool
    amount: int
    currency: str
    fees: int
    netAmount: int
    livemode: bool
    timestamp: str


class Refund(TypedDict):
    success: bool
    refundId: str
    paymentId: str
    status: str
    amount: int
    currency: str
    feesReversed: int
    netReversed: int
    reason: str | None
    amountRefunded: int
    failureCode: str | None
    livemode: bool
    createdAt: str
    timestamp: str


class CardToken(TypedDict):
    success: bool
    cardToken: str
    encryptedData: str
    brand: str
    first6: str
    last4: str
    expiryMonth: str
    expiryYear: str
    customerId: str | None
    complianceFlags: list[str]
    livemode: bool
    timestamp: str


class ClearCard(TypedDict):
    cardNumber: str
    expiryMonth: str
    expiryYear: str


class Reveal(TypedDict):
    success: bool
    cardToken: str
    decryptedData: ClearCard
    livemode: bool
    timestamp: str


class Address(TypedDict):
    street: NotRequired[str]
    city: NotRequired[str]
    state: NotRequired[str]
    zipCode: NotRequired[str]
    country: NotRequired[str]


class Party(TypedDict):
    partyId: str
    type: str
    kind: str
    status: str
    verification: str
    firstName: str
    lastName: str
    businessName: str
    email: str
    phone: str
    dateOfBirth: str | None
    address: Address
    livemode: bool
    createdAt: str


class PartyAnswer(Party):
    success: bool
    timestamp: str


class LinkedUser(TypedDict):
    issuer: str
    subject: str
    partyId: str
    linkedAt: str
    endedAt: str | None
    livemode: bool


class LinkedUserAnswer(LinkedUser):
    success: bool
    timestamp: str


class LinkedUsers(TypedDict):
    success: bool
    users: list[LinkedUser]
    timestamp: str


class Escrow(TypedDict):
    success: bool
    escrowId: str
    status: str
    paymentId: str
    payerId: str
    payeeId: str
    bookingId: str
    amount: int
    amountHeld: int
    amountRefunded: int
    currency: str
    livemode: bool
    fundedAt: str
    timestamp: str


class Score(TypedDict):
    success: bool
    assessmentId: str
    transactionId: str | None
    customerId: str
    fraudScore: int | None
    riskLevel: str | None
    outcome: str
    recommendation: str
    ruleMatches: list[str]
    reasonCodes: list[str]
    modelVersion: str
    evaluationTime: int
    livemode: bool
    timestamp: str


class HistoryEvent(TypedDict):
    assessmentId: str
    transactionId: str | None
    paymentId: str | None
    amount: int
    currency: str
    fraudScore: int | None
    outcome: str
    reasonCodes: list[str]
    evaluatedAt: str


class Report(TypedDict):
    reportId: str
    transactionId: str
    customerId: str
    fraudType: str
    reportedAt: str


class ReportAnswer(Report):
    success: bool
    livemode: bool
    timestamp: str


class Rule(TypedDict):
    code: str
    expression: str
    points: int
    floor: NotRequired[str | None]
    description: str


class RuleSet(TypedDict):
    version: int
    state: str
    rules: list[Rule]
    digest: str
    note: str
    createdAt: str


class RuleSetAnswer(RuleSet):
    success: bool
    timestamp: str


class Rules(TypedDict):
    success: bool
    active: RuleSet
    draft: RuleSet | None
    timestamp: str


class Event(TypedDict):
    """`id` is the `webhook-id` it is sent with."""

    id: str
    object: str
    type: str
    timestamp: str
    data: dict[str, Any]
    livemode: bool
    createdAt: str


class EventAnswer(Event):
    success: bool


class Redelivery(TypedDict):
    success: bool
    id: str
    deliveries: int


class WebhookEndpoint(TypedDict):
    id: str
    object: str
    url: str
    events: list[str]
    description: str
    status: str
    disabledBecause: str | None
    disabledAt: str | None
    failingSince: str | None
    livemode: bool
    createdAt: str


class WebhookEndpointAnswer(WebhookEndpoint):
    success: bool


class WebhookEndpointWithSecret(WebhookEndpointAnswer):
    """`secret` is shown here and never again."""

    secretId: str
    secret: str | None


class WebhookEndpointDeleted(TypedDict):
    success: bool
    id: str
    deleted: bool


class WebhookTest(TypedDict):
    success: bool
    eventId: str


class WebhookDelivery(TypedDict):
    id: str
    object: str
    eventId: str
    eventType: str
    status: str
    attempts: int
    lastResult: str
    nextAttemptAt: str | None
    createdAt: str
