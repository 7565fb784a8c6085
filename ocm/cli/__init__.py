"""The door for people, `ocm`: reads arguments and asks the rooms below, imports all of them."""
