"""People's decisions on a data set: quarantine, captions and the split, with undo and redo."""
