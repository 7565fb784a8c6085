"""How well links by content survive what people do to history."""
