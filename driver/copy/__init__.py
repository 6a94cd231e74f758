"""The copy engine: 1D and 2D copies and fills as pushbuffer methods."""
