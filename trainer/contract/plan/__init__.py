"""What a run takes, told before it starts: pure arithmetic, which the trainer, too, counts by.

Steps, buckets and memory are the trainer's own figures; seconds and bytes on the disk are estimates, as ranges.
"""
