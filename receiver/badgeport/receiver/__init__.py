"""What an organization does as a receiver: its policies, decisions and agreements, and the credit of its staff."""
