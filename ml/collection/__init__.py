"""A folder of music: what was heard in it, its tags, plans to write tags, and their undoing."""
