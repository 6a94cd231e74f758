"""RM's interface as data: structures by driver version, and the names of its status codes."""
