"""The reading matter: concept pages and glossary (`pages`, `glossary`), the words that lead to them (`terms`), the
search over all of it (`search`), and what a real server answered (`recorded`; asked by `asking` and `questions`).

The texts are Markdown files in the folder `concepts/` at the top of the project; nothing in here draws HTML.
"""
