"""YouTube without the network: yt-dlp's real code runs against it."""
