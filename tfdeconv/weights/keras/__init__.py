"""Keras's files and models: graph -> options -> parts -> layers -> nodes -> architecture, and the values of variables."""
