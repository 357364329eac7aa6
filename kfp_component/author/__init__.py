"""The author's side: what a pipeline imports. It imports KFP.

An AWS client is imported only when code is uploaded, or a deployed stack is asked for its outputs.
"""
