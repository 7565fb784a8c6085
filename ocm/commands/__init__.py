"""The commands, a module for each thing a person comes for; they load what they need when they run."""
