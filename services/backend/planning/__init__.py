"""The plan: estimates what a run would take, at every keystroke of the start form and for `loradeck plan`."""
