"""The rules of who is online, which boot is true, and what stays known: no Home Assistant is started for them."""
