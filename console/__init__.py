"""The management console: pages for administrators, operators and auditors."""
