"""The one small local server and its pages: loopback only, nothing from elsewhere."""
