"""What takes jobs and does them; the only package of the site that loads a network.

`pool` is the light process that keeps as many `member` processes as WORKERS says; each has a
warm model, does one job at a time, and beats its heart in a thread.
"""
