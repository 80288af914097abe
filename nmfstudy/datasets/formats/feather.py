"""Feather files, by pandas and pyarrow."""

from nmfstudy.datasets.files import foreign, needs, printable_path, refuse_larger
from nmfstudy.datasets.formats.frames import FRAME_OPTIONS, as_table

FORMAT = "feather"
ENDINGS = (".feather", ".arrow")
OPTIONS = FRAME_OPTIONS


def read(path, **options):
    """Read the table of a file."""
    needs("pyarrow", "files", path)
    with foreign(path):
        import pyarrow

        batches, size = [], 0
        with pyarrow.OSFile(str(path)) as source, pyarrow.ipc.open_file(source) as file:
            for i in range(file.num_record_batches):
                batches.append(file.get_batch(i))
                refuse_larger(size := size + batches[-1].nbytes, path)
            frame = pyarrow.Table.from_batches(batches, file.schema).to_pandas()
    return as_table(frame, printable_path(path), **options)
