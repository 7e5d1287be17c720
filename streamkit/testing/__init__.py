"""What tests of streams need: the grammar checker, fixtures, strategies."""
