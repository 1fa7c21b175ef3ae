"""The pictures of Exercise 4: one module a kind of figure, and the few things they share."""
