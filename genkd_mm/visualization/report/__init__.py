"""What tools/report.py is made of, one module a part of the page."""
