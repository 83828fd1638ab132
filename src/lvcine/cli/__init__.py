"""The command line: parse, call, print. No logic lives here; heavy imports wait inside the commands."""
