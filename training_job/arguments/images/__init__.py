"""The prebuilt images of the toolkits, and the instance types that SageMaker names."""
