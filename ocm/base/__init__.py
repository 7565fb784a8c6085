"""Values and pure helpers that everything else is written in: touches nothing, imports nothing of ocm."""
