"""One module for each family of layers: given ones, and those that you save here with `%%writefile`."""
