"""Dated parameters of the vault."""

from core.parameters import services as parameters

parameters.declare(
    "vault.cache_seconds", 300, unit="seconds", meaning="how long an open data key stays in a process's memory"
)
parameters.declare("vault.cache_entries", 64, unit="keys", meaning="how many open data keys a process holds")
parameters.declare(
    "vault.data_key_uses",
    1_048_576,
    unit="encryptions",
    meaning="encryptions of one process under one data key before it starts a new generation (nonces are random)",
)
parameters.declare(
    "vault.data_key_hours", 24, unit="hours", meaning="age at which a data key stops encrypting and a new one starts"
)
parameters.declare("vault.rotation_days", 90, unit="days", meaning="age at which a data key is wrapped anew")
parameters.declare("vault.rotation_days_audit", 180, unit="days", meaning="the same for the keys of the audit log")
parameters.declare(
    "vault.scan_days", 7, unit="days", meaning="how often the database is looked through for card numbers"
)
parameters.declare("vault.usual_days", 7, unit="days", minimum=1, meaning="days whose average is the usual use of keys")
parameters.declare("vault.unusual_times", 5, unit="times", meaning="how many times the usual use of an hour is unusual")
parameters.declare(
    "vault.unusual_revealed_from", 30, unit="cards", meaning="cards one caller may be shown in an hour before it counts"
)
parameters.declare(
    "vault.unusual_decrypted_from", 5_000, unit="fields", meaning="fields decrypted in an hour before it counts"
)
parameters.declare(
    "vault.unusual_opened_from", 500, unit="data keys", meaning="data keys opened in an hour before it counts"
)
