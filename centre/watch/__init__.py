"""Whether all is well: alarms, samples, what is stuck, what is sent again."""
