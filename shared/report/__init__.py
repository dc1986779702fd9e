"""How does it look? Pure: values in, HTML, SVG and JSON out."""
