"""Pages for visitors: addresses, forms, views and what templates are given."""
