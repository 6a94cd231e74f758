"""Tests: unit/ runs anywhere, hardware/ needs a GPU."""
