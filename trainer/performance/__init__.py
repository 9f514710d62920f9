"""What makes a step fast: kernels chosen by trial, CUDA graphs, float8."""
