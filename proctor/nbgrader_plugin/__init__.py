"""The other door: nbgrader's own commands, and the formgrader, call our code.

- `configure`: all that nbgrader_config.py needs.
- `autograde`, `feedback`: adapters for `nbgrader autograde`, `generate_feedback` and `release_feedback`.
- `assignment`: what happens to a gradebook and a release when an exercise is generated again.
- `late`: the policy for late work, and how nbgrader's plugins for it are asked.
- `formgrader`: shows submissions without obeying them.
"""
