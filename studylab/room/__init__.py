"""The room: one teacher, many learners. A control plane that keeps the rules that the labs teach."""
