"""Token in, `Claims` out: device tokens, Clerk tokens and the CA behind the first (spec: auth.md)."""
