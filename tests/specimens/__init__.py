"""Banks of submissions: right answers, innocent faults, attacks."""
