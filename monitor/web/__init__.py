"""The page: what hit, why, and how a story grew, for people who would rather look than read.

It asks the same queries of the store as the command line and has no SQL of its own; what it changes goes through the
same short writes.
"""
