"""For those who write labs: finding and loading lab files, naming every fault with its line, playing a lab, the guide."""
