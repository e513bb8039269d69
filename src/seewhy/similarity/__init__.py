"""Why an image encoder finds two pictures alike: six methods and their baselines."""
