"""What tools and notebooks call: one function for each tool."""
