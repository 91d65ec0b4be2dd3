"""An edge: judges each delivered message, applies it with its position in one transaction, then acks."""
