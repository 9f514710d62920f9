"""The plan: what a run would take, asked at every keystroke of the start form, and by `loradeck plan`."""
