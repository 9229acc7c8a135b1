"""Songs that sound alike: nearest among what this site has heard, by the stored numbers."""
