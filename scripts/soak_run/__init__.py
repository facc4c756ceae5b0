"""Lets a real Home Assistant live through everything that can go wrong with its dashboards, and judges what remains."""
