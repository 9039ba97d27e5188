"""Every bound on archives of images, as limits.py has those on other files."""

from __future__ import annotations

# members of a tar or zip: a shard of webdataset has 10,000, one of all of ImageNet 1.3 million
MAX_ARCHIVE_MEMBERS = 1 << 21
# bytes of a zip's directory, which is read at once: some 100 for each member
MAX_ARCHIVE_DIRECTORY = 1 << 28
# bytes of a name, or of what else stands in front of a tar's member beside its header
MAX_TAR_EXTENSION = 1 << 16
# bytes of an image in an archive, packed or not, which are read at once by each thread: cameras'
# largest files have 100 million
MAX_MEMBER = 1 << 27
# bytes of a label in an archive (.cls): a number, or a name
MAX_MEMBER_LABEL = 1 << 10
