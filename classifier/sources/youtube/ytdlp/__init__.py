"""All code that imports yt-dlp.

It runs in a child process (`child.py`, started by `process.py`), because yt-dlp has no total
deadline and reads what strangers made, and neither the web process nor the warm worker should carry
it. What it fetches is decoded by processes that it starts (`ml.audio.confined`). Nothing in here
imports Django: what it must know comes in a `Config`.
"""
