"""What the edge tells its operators: lines of JSON that never wait, and spans."""
