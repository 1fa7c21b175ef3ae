"""Adapters: nbgrader's own commands, and the formgrader, call our code.

- `configuration`: `configure(c)`, all that nbgrader_config.py needs.
- `replacement`: puts our steps in the place of nbgrader's.
- `application`: a course's configuration for commands of ours, without the imports of nbgrader's own.
- `adapters`: for `nbgrader autograde`, `generate_feedback` and `release_feedback`.
- `generate_assignment`: for `nbgrader generate_assignment` and `generate_solution`.
- `finish_release`: completes what these two have generated: stubs, pictures, modules.
- `editions`: the release in other languages.
- `drift`: whether releases and solutions are what the master notebooks generate.
- `late_policy`: the course's policy for late work: what it costs.
- `late_plugin`: asks the plugin that a course has chosen, `late_policy` or another, for a penalty.
- `formgrader`: shows submissions without running or loading anything of theirs.
- `answers`: pages that we add to formgrader.
"""
