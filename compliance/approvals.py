"""What compliance knows of relations between staff and parties counts wherever something is signed."""

from compliance import relations as relations
