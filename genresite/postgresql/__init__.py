"""Django's PostgreSQL backend with deadlines, which pages need and psycopg has not."""
