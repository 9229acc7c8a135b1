"""YouTube: search, links, excerpts, thumbnails; yt-dlp in a child process."""
