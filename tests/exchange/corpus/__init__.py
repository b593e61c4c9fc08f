"""Files as offices send them, made by `make.py`. `test_corpus.py` says how the import treats each."""
