"""One adapter a host, payload to facts and decision to reply: touches nothing, imports nothing but itself."""
