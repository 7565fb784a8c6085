"""Lines within a budget of characters. Pure."""


class Lines:
    """Lines that fit a budget; one that does not fit is left out whole."""

    def __init__(self, room: int) -> None:
        """Begin with nothing."""
        self.lines: list[str] = []
        self.used = 0
        self._room = room

    @property
    def left(self) -> int:
        """How many characters are left."""
        return self._room - self.used

    def add(self, *lines: str) -> bool:
        """Add all of `lines` or none; each costs its line end as well."""
        cost = sum(len(line) + 1 for line in lines)
        if self.used + cost > self._room:
            return False
        self.lines += lines
        self.used += cost
        return True

    def section(self, heading: str, items: list[str]) -> None:
        """Add as many of `items` as fit, in order, and the heading if there is any."""
        head = [heading]
        for item in items:
            if item and self.add(*head, f"- {item}"):
                head = []

    def joined(self, heading: str, items: list[str]) -> None:
        """Add as many of `items` as fit on one line behind the heading, in order."""
        line = heading
        for item in items:
            longer = f"{line}{' ' if line == heading else ', '}{item}"
            if self.used + len(longer) + 1 <= self._room:
                line = longer
        if line != heading:
            self.add(line)
