"""How do the functions run without Azure? By the platform's own worker library, under rules that imitate its host."""
