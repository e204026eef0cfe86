"""From clinical tables to null models: what each trait is, who is in it, and what it looks like without genes."""
