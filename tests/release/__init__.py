"""What GitHub runs, and the archive that HACS installs."""
