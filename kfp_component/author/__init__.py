"""The author's side: what a pipeline imports. It imports KFP and no AWS client."""
