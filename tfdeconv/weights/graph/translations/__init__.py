"""From each kind of operation to this program's layers: one module for each family of kinds."""
