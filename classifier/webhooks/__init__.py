"""Webhooks of the API: an address is told when a song that its token asked for is finished.

`registration` makes them, `deliveries` notes what is to be sent and when, `targets` says which
addresses may be connected to, `sending` sends one message. The worker's thread calls
`deliveries.send_one` (worker.heartbeat).
"""
