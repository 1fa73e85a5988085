"""What every page and API of Badgeport shares: answers, request bodies, languages and the look."""
