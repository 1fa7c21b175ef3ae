"""The layers of the exercises, and what is given for them."""
