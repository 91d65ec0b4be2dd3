"""The concept pages: pages and glossary (`pages`, `glossary`), the words that link to them (`terms`), the search over
all of it (`search`), and a real server's answers (`recorded`; asked by `asking` and `questions`).

The texts are Markdown files in the folder `concepts/` at the top of the project; nothing in here draws HTML.
"""
