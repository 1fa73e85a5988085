"""Portfolios and their review: evidence, reflection, comments on drafts, scores by the rubric, decisions."""
