"""Deep Supervised Hashing (Liu et al., CVPR 2016), one file an idea."""
