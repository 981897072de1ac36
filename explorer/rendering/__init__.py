"""Images for the page: drawn by the server, or by the page itself."""
