"""Banking days, cutoffs, settlement and the deadlines of ACH. Pure: no database, no network, no clock, no configuration
of its own; every time of day, limit and count of days is passed in."""
