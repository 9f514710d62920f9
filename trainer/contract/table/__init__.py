"""Tables of clips: one strict reader, one writer, and the one place that decides which rows a run can use.

A table is CSV with a header. What it can say, in which encodings and with which faults, is in docs/datasets.md.
Standard library only; no clip is opened.
"""
