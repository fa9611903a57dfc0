"""PostgreSQL and Redis from wheels, and the supervisor behind `make run`. Never imported by the product itself."""
