"""HTTP in front of the functions, as function URLs and API Gateway speak it."""
