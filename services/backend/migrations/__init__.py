"""The database's migrations, run at every start by `db.Database`."""
