"""What the pages show and no one types: figures, helps, the map of modules, transcripts; made, and compared with the pages."""
