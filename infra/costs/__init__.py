"""What the service costs a month: `python -m infra.costs`, an estimate from the template, the code and dated prices."""
