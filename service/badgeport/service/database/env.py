"""What Alembic runs: the versions, on the connection and in the transaction of whoever asked."""

from __future__ import annotations

from alembic import context

from badgeport.receiver.schema import metadata

_usual = {"render_as_batch": True}
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The drivers are kept from beginning and ending transactions by themselves: on SQLite too a step is whole or not.
    transactional_ddl=True,
    compare_type=True,
    compare_server_default=True,
    **{**_usual, **context.config.attributes.get("writing", {})},
)
with context.begin_transaction():
    context.run_migrations()
