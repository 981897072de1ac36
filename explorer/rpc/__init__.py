"""How a question of the page is read, answered, limited and worded."""
