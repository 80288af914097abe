"""Parquet files, by pandas and pyarrow."""

from nmfstudy.datasets.files import foreign, needs, printable_path, refuse_larger
from nmfstudy.datasets.formats.frames import FRAME_OPTIONS, as_table

FORMAT = "parquet"
ENDINGS = (".parquet", ".pq")
OPTIONS = FRAME_OPTIONS


def read(path, **options):
    """Read the table of a file."""
    needs("pyarrow", "files", path)
    with foreign(path):
        from pyarrow import parquet

        with parquet.ParquetFile(path) as file:
            groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            refuse_larger(max(size, 8 * file.metadata.num_rows), path)
            frame = file.read().to_pandas()
    return as_table(frame, printable_path(path), **options)
