"""What surrounds the KFP step: its pod, its AWS, samples of what it reports."""
