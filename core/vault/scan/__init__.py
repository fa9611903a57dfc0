"""Looking for card numbers where none may be: in the database, in logs, in dumps.

Documented test numbers count like any other: what let one through would let a real one through.
"""
