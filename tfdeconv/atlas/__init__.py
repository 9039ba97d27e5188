"""The atlas: a scan's run as a folder of pages that a browser opens from the disk."""
