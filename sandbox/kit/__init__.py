"""What the doubles share: answers, outcomes, what was received, receipts."""
