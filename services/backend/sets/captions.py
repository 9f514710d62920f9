"""Comes next."""
