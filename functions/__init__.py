"""Why did we wake? Each trigger stamps the time and calls one flow."""
