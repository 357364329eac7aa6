"""What others were recorded to answer: AWS, the SageMaker SDK, rliable."""
