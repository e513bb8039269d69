"""Pictures and texts to vectors: protocols, adapters and the embedded minis."""
