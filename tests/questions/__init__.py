"""Questions with answers that were checked by hand: which session, commit and decision a line comes from.

`own.json` asks about this project's own history, `flask.json` about four files of a public one, which `flask.bundle`
holds under the licence beside it. Commits, lines and git's answers are real; each was read, with its commit. Sessions
and decisions are in words of our own: what somebody who knows the commit would say was decided there.
"""
