# syntax=docker/dockerfile:1

# The launcher's image: Python, boto3 and this project, run by a user without rights.
#
#   docker buildx build --platform linux/amd64,linux/arm64 \
#     --build-arg PYTHON_DIGEST=sha256:<digest of python:3.12-slim's index> \
#     --tag REGISTRY/launcher:0.1.0 --push .
#
# `docker buildx imagetools inspect python:3.12-slim` prints the digest. Everything installed is
# pure Python, so both platforms are built from one index.
ARG PYTHON_TAG=3.12-slim
ARG PYTHON_DIGEST

FROM python:${PYTHON_TAG}${PYTHON_DIGEST:+@${PYTHON_DIGEST}} AS build
WORKDIR /source
COPY pyproject.toml setup.py README.md LICENSE ./
COPY training_job training_job
COPY training_sweep training_sweep
COPY lambdas lambdas
COPY infra infra
COPY kfp_component kfp_component
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:${PYTHON_TAG}${PYTHON_DIGEST:+@${PYTHON_DIGEST}}
# Installed files are compiled here, for nothing can be written at run time.
RUN --mount=type=bind,source=requirements-launcher.txt,target=/requirements.txt \
    --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-deps --require-hashes --requirement /requirements.txt \
    && pip install --no-cache-dir --no-deps /wheels/sagemaker_rl_kubeflow-*.whl
# A number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 65532:65532
WORKDIR /tmp
ENV PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["python3", "-m", "kfp_component"]
