"""How is the project installed, locked and packaged? By one small program for each."""
