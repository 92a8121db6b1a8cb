"""The surface in a browser and OSCQuery: a server in a child process, and the show's end of the line to it."""
