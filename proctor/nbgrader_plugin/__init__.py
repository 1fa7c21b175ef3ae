"""The other door: nbgrader's own commands, and the formgrader, call our code.

- `configuration`: `configure(c)`, all that nbgrader_config.py needs.
- `replacement`: puts our steps in the place of nbgrader's.
- `application`: a course's configuration for commands of ours, without the imports of nbgrader's own.
- `adapters`: for `nbgrader autograde`, `generate_feedback` and `release_feedback`.
- `assignment`: what happens to a gradebook and a release when an exercise is generated again.
- `late_policy`: what late work costs; `late_plugin`: how nbgrader's plugins for it are asked.
- `formgrader`: shows submissions without obeying them.
"""
