"""What cohorts of a consortium do together: tell of their results, and combine what others tell."""
