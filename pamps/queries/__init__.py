"""Reading the database: every SELECT that shows something, one file per noun."""
