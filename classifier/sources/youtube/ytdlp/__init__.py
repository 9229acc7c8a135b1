"""All code that imports yt-dlp.

It runs in a child process (`child.py`, started by `process.py`), because yt-dlp has no total
deadline, media from strangers is decoded here, and neither the web process nor the warm worker
should carry either. Nothing in here imports Django: what it must know comes in a `Config`.
"""
