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
    stranded: bool
    livemode: bool
    createdAt: str
    timestamp: str


class ChargebackRow(TypedDict):
    chargebackId: str
    paymentId: str
    escrowId: str | None
    status: str
    kind: str
    reasonCode: str
    amount: int
    currency: str
    feesReversed: int
    amountHeld: int
    amountLate: int
    amountRefundedBefore: int
    contestedAt: str | None
    respondBy: str
    openedAt: str
    closedAt: str | None
    livemode: bool
    timestamp: str


class Chargeback(ChargebackRow):
    success: bool


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


class BankAccount(TypedDict):
    accountId: str
    partyId: str
    status: str
    accountHolderName: str
    routingNumber: str
    last4: str
    accountType: str
    activeFrom: str | None
    activatedAt: str | None
    endedAt: str | None
    livemode: bool
    createdAt: str


class BankAccountAnswer(BankAccount):
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


class EscrowTrailEntry(TrailEntry):
    dataHash: str
    userId: NotRequired[str]
    regulatoryRequirement: NotRequired[str]


class NextAction(TypedDict):
    """What happens, and when, if nobody acts."""

    action: str
    at: str | None
    why: str


class ConditionState(TypedDict):
    conditionId: str
    type: str
    state: str
    dueAt: str | None
    metAt: str | None
    inspectionEndsAt: str | None
    evidence: list[dict[str, Any]]


class EscrowRow(TypedDict):
    """An escrow as lists show it."""

    escrowId: str
    status: str
    paymentId: str | None
    payerId: str
    payeeId: str
    bookingId: str | None
    serviceId: str | None
    amount: int
    fees: int
    amountHeld: int
    amountReleased: int
    amountRefunded: int
    currency: str
    fundingRail: str | None
    availableAt: str | None
    availableWhy: str | None
    riskScore: float | None
    complianceFlags: list[str]
    metadata: dict[str, Any]
    nextDueAt: str | None
    version: int
    livemode: bool
    createdAt: str
    fundedAt: str | None
    closedAt: str | None
    timestamp: str


class Escrow(EscrowRow):
    success: bool
    message: str
    termsVersion: int | None
    termsDigest: str | None
    conditions: list[ConditionState]
    locks: list[str]
    approvalRequestId: str | None
    requiredApprovals: list[str]
    nextAction: NextAction
    auditTrail: list[EscrowTrailEntry]


class DisputeDocument(TypedDict):
    name: str
    sha256: str
    mediaType: str
    size: int | None
    note: str


class DisputeEvidence(TypedDict):
    statement: str
    documents: list[DisputeDocument]
    submitted: bool
    submittedAt: str | None
    digest: str | None


class DisputeCause(TypedDict):
    kind: str
    reference: str
    amount: int
    at: str


class DisputeRow(TypedDict):
    disputeId: str
    escrowId: str
    status: str
    raisedBy: str
    reason: str
    description: str
    amount: int
    amountTakenBack: int
    currency: str
    needsSignatures: bool
    openedAt: str
    evidenceDueAt: str
    autoResolutionAt: str
    autoResolution: str
    outcome: str | None
    amountReleased: int | None
    amountRefunded: int | None
    resolvedHow: str | None
    resolutionReason: str | None
    endedAt: str | None
    causes: list[DisputeCause]
    payerEvidence: DisputeEvidence
    payeeEvidence: DisputeEvidence
    livemode: bool


class Dispute(DisputeRow):
    success: bool
    timestamp: str


class DisputeList(TypedDict):
    success: bool
    data: list[DisputeRow]


class TermsVersion(TypedDict):
    version: int
    state: str
    digest: str
    document: dict[str, Any]
    reason: str | None
    payerAgreedAt: str | None
    payeeAgreedAt: str | None
    createdAt: str
    inForceAt: str | None
    endedAt: str | None


class TermsAnswer(TermsVersion):
    success: bool


class TermsList(TypedDict):
    success: bool
    data: list[TermsVersion]


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
    allows: NotRequired[bool]
    opensCase: NotRequired[bool]


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


class Amount(TypedDict):
    currency: str
    amount: int


class Ratios(TypedDict):
    caught: int
    disturbed: int
    missed: int
    passed: int
    precision: float | None
    recall: float | None
    falsePositiveRate: float | None
    falseDiscoveryRate: float | None
    falseNegativeRate: float | None
    accuracy: float | None
    majority: float | None


class Totals(TypedDict):
    decisions: int
    approve: int
    review: int
    block: int
    investigate: int
    noAdvice: int
    flagged: int
    degraded: int
    bypassed: int
    amounts: list[Amount]
    flaggedAmounts: list[Amount]
    unlabelled: int
    earlyLabels: int
    quality: Ratios
    blocking: Ratios


class Part(Totals):
    since: str
    until: str


class ScoreBin(TypedDict):
    outcome: str
    scoreUpTo: int | None
    decisions: int
    fraud: int
    genuine: int


class RuleFigures(TypedDict):
    code: str
    hits: int
    amounts: list[Amount]
    fraud: int
    genuine: int
    precision: float | None
    alone: int
    alonePrecision: float | None
    heldBack: int


class Pattern(TypedDict):
    pattern: str
    measure: str
    subject: str
    count: int
    usual: float
    riskLevel: str
    beganAt: str
    lastSeenAt: str


class Analytics(TypedDict):
    success: bool
    since: str
    until: str
    granularity: str
    maturedUntil: str | None
    countedAt: str | None
    totals: Totals
    series: list[Part]
    scores: list[ScoreBin]
    rules: list[RuleFigures]
    fraudPatterns: list[Pattern]
    recommendations: list[str]
    livemode: bool
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


class Break(TypedDict):
    """One way in which escrow differs from what it is held against."""

    breakId: str
    kind: str
    subject: str
    scope: str
    currency: str | None
    expectedAmount: int | None
    actualAmount: int | None
    firstSeenAt: str


class Reconciliation(TypedDict):
    success: bool
    reconciliationId: str
    status: str
    fullAudit: bool
    livemode: bool
    breaksFound: int
    breaksNew: int
    breaksCleared: int
    breaks: list[Break]
    certificateId: str | None
    requestedAt: str
    finishedAt: str | None
    timestamp: str


class AuditEntry(TypedDict):
    timestamp: str
    action: str
    result: str
    details: dict[str, Any]
    correlationId: str
    regulatoryRequirement: NotRequired[str]


class TransferRow(TypedDict):
    transferId: str
    achTrackingId: str | None
    status: str
    state: str
    stateReason: str | None
    riskScore: float | None
    complianceFlags: list[str]
    estimatedSettlement: str | None
    declineReason: str | None
    failureCode: str | None
    returnCode: str | None
    transferType: str
    purpose: str
    priority: str
    secCode: str
    amount: int
    currency: str
    description: str
    companyDescription: str
    fromAccountId: str
    toAccountId: str
    payerId: str
    payeeId: str
    customerId: str | None
    escrowId: str | None
    effectiveDate: str | None
    metadata: dict[str, Any]
    livemode: bool
    createdAt: str
    timestamp: str


class Transfer(TransferRow):
    success: bool
    auditTrail: list[AuditEntry]


class Reversal(TypedDict):
    success: bool
    transferId: str
    approvalId: str
    state: str
    livemode: bool
    timestamp: str


class VerificationRow(TypedDict):
    verificationId: str
    accountId: str
    partyId: str
    method: str
    status: str
    reason: str | None
    triesLeft: int | None
    liveFrom: str | None
    expiresAt: str | None
    verifiedAt: str | None
    livemode: bool
    createdAt: str


class Verification(VerificationRow):
    success: bool
    timestamp: str


class PayoutRow(TypedDict):
    payoutId: str
    transferId: str
    partyId: str
    status: str
    state: str
    amount: int
    withheld: int
    currency: str
    trigger: str
    accountId: str | None
    estimatedSettlement: str | None
    declineReason: str | None
    returnCode: str | None
    livemode: bool
    createdAt: str
    timestamp: str


class Payout(PayoutRow):
    success: bool


class ScheduleRow(TypedDict):
    partyId: str
    interval: str
    anchor: int
    minimum: int
    reserve: int
    currency: str
    isActive: bool
    isPaused: bool
    pauseReason: str | None
    nextAt: str | None
    lastOutcome: str | None
    livemode: bool
    timestamp: str


class Schedule(ScheduleRow):
    success: bool
