"""Guards: what each protects against, and the test that fails when it is taken away."""
