"""What an H100 computes where IEEE 754 does not say it: MUFU and tensor-core sums, recorded and replayed."""
