"""A tab is one folder: `tab.py` lays it out, `handlers.py` answers its questions. `explorer.ui` lists them."""
