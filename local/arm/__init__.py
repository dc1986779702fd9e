"""What does the pretend ARM speak? Azure Resource Manager's wire JSON over a simulated cloud."""
