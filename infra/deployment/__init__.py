"""What `make deploy` works out before SAM deploys: the parameters of an environment, checked, and the content hash."""
