"""What is assumed of AWS, a module a stage: statement, question, and the judge of its answer."""
