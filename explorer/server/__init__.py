"""The web server, and what keeps strangers out."""
