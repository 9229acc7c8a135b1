"""Pages for visitors: addresses, forms, views and template contexts."""
