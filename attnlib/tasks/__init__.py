"""What several notebooks and scripts of one task share: its data and how they are made.  No layer imports a task."""
