"""Numbers written in words: forty-two, two and a half, 三十二, 五分之三."""
