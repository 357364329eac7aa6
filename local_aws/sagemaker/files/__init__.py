"""The files of a training job: what it reads and what it leaves."""
