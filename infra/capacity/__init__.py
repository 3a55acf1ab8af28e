"""What so many sessions take: `python -m infra.capacity`, from measured constants and the model of use of the costs."""
