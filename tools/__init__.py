"""How is the project built, locked and installed?"""
