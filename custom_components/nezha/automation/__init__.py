"""What triggers, conditions, actions and Assist share: what is meant, how it is read, and since when it is so."""
