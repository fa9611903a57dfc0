"""Rules as data: a small typed expression language, its compiler, and what a set of rules makes of a payment."""
