"""Handouts: build them for students, examine what comes back. The guide is beside the sources."""
