"""Bounds by which several rooms judge what they read; free of imports, because hooks load it."""

FAR_FUTURE = 32_503_680_000  # the year 3000, in epoch seconds: what lies behind it is no time that was measured
