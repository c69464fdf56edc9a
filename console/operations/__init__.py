"""Pages of running the centre: overview, queues, alarms, workstations."""
