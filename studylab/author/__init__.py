"""For those who write labs: finding and loading lab files, naming faults with their lines, playing a lab, the guide."""
