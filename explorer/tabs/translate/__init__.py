"""The tab *Translate*: what a person draws comes out translated."""
