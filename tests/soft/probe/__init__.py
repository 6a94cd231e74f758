"""Single machine instructions on chosen operands: recorded on a real GPU, compared on the software SM."""
