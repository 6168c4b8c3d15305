"""bqemulator notes a column that is added to a table, and does not give it to the rows."""

from bqemulator.catalog.memory_repository import MemoryCatalogRepository
from bqemulator.catalog.models import TableMeta
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.storage.sql_identifiers import quoted_table_ref
from bqemulator.storage.type_map import bq_to_duckdb


class GrowingCatalog(MemoryCatalogRepository):
    """Adds to the stored table what is added to its schema."""

    def __init__(self, engine: DuckDBEngine) -> None:
        super().__init__(engine)
        self._rows = engine

    def update_table(self, table: TableMeta) -> TableMeta:
        before = self.get_table(table.project_id, table.dataset_id, table.table_id)
        known = {field.name for field in before.schema_.fields} if before else set()
        name = quoted_table_ref(table.project_id, table.dataset_id, table.table_id)
        for field in table.schema_.fields:
            if field.name not in known and table.table_type == "TABLE":
                column = f'"{field.name}" {bq_to_duckdb(field.type)}'
                self._rows.execute(f"ALTER TABLE {name} ADD COLUMN {column}")
        return super().update_table(table)
