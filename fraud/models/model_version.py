"""Trained models: what judges, what is tried beside it, what was asked for, and what exactly moved a score."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from fraud.enums import ModelState, TrainingState


class ModelVersion(models.Model):
    """Its content never changes; only `state` and the columns after it do.

    `source` is the text that judges, `booster` LightGBM's own text that it was made from, for exact explanations. Times
    name the payments: trained on `[from_at, trained_to)`, measured on `[validated_from, to_at)`. `curve`, `line`,
    `metrics`, `importance`, `references` are described in `docs/fraud-model.md`. `replaces` is the champion before.
    """

    name = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    origin = models.CharField(max_length=200)
    variables = ArrayField(models.CharField(max_length=60))
    source = models.TextField()
    sha256 = models.CharField(max_length=64)
    booster = models.TextField()
    parameters = models.JSONField()
    parity_rows = models.PositiveIntegerField()
    parity_columns = models.PositiveIntegerField()
    parity_difference = models.FloatField()
    curve = models.JSONField()
    line = models.JSONField()
    metrics = models.JSONField()
    importance = models.JSONField()
    references = models.JSONField()
    payments = models.PositiveIntegerField()
    frauds = models.PositiveIntegerField()
    from_at = models.DateTimeField()
    trained_to = models.DateTimeField()
    validated_from = models.DateTimeField()
    to_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ModelState, default=ModelState.CANDIDATE)
    approval_id = models.CharField(max_length=40, null=True, unique=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    champion_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="CHAMPION"), name="one_model_is_champion"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="CHALLENGER"), name="one_model_is_challenger"),
            models.UniqueConstraint(fields=["sha256", "to_at"], name="model_is_registered_once"),
            models.CheckConstraint(condition=Q(state__in=ModelState.values), name="model_state_is_known"),
            models.CheckConstraint(
                condition=Q(parity_rows__gte=1_000, parity_difference__gte=0, parity_difference__lte=1e-12),
                name="model_equals_its_booster",
            ),
            models.CheckConstraint(
                condition=Q(from_at__lt=F("trained_to"))
                & Q(trained_to__lte=F("validated_from"))
                & Q(validated_from__lt=F("to_at")),
                name="model_is_measured_on_later_payments",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ModelTraining(models.Model):
    """A training somebody asked for, and what came of it: a model, or why there is none."""

    training_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    delay_days = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=TrainingState, default=TrainingState.ORDERED)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="trainings")
    refusal = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TrainingState.ORDERED, model=None, refusal="", finished_at=None)
                | Q(state=TrainingState.DONE, model__isnull=False, refusal="", finished_at__isnull=False)
                | Q(state=TrainingState.REFUSED, model=None, finished_at__isnull=False) & ~Q(refusal=""),
                name="training_ends_with_a_model_or_a_reason",
            ),
            models.CheckConstraint(condition=Q(from_at__lt=F("to_at")), name="training_window_is_in_order"),
        ]


class ModelExplanation(models.Model):
    """Append-only. Exact contributions (TreeSHAP) to one model score, in log-odds, by variable; with `bias` they are
    `raw`.
    """

    assessment_id = models.CharField(max_length=40, unique=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="explanations")
    contributions = models.JSONField()
    bias = models.FloatField()
    raw = models.FloatField()
    created_at = models.DateTimeField()
