"""Files as offices send them, each made by `make.py`; `test_corpus.py` says what becomes of each."""
