"""The data set on the disk: its table, clips, images, the train/validation split, the order of batches. No torch."""
