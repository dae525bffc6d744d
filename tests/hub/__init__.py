"""A Hub on loopback: the part of its HTTP protocol that publishing and loading a dataset use.

What it speaks, as huggingface_hub 2.4 and datasets 5.2 ask for it: whoami, create a repository (public or
private), upload by preupload, Git LFS (batch, basic transfer) and commit, pull requests, tags, refs,
revision, tree, paths-info, and files by range. Repositories are histories of commits in memory, private ones
are hidden from whoever does not send the token, an upload can be cut in the middle.

What it does not speak: Xet (HF_HUB_DISABLE_XET=1), branches, discussions beyond pull requests, gating,
multipart uploads, search, the dataset viewer, and any other kind of repository.
"""
