"""The stores behind the interfaces: each module knows one driver's ways, and turns its failures into ours."""
