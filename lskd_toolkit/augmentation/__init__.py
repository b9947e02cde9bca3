"""Changes of an image that keep its regions and the words about them true."""
