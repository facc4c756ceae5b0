"""The soak's judge finds what is wrong: each error that is planted here, and nothing where all is right."""
