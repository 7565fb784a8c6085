"""The measure of the redaction: secrets of two origins, innocents from real files, and a command that prints the figures."""
