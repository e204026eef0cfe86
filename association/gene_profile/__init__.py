"""What a gene's carriers look like beside everyone else: the numbers of the pages of single genes."""
