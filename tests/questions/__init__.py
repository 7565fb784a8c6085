"""Questions with answers that were checked by hand: which session, commit and decision a line comes from."""
