"""Files that are no matrix, by name: their content, and what the refusal must say."""

import gzip
import io
import os
import pickle
import struct
import zipfile

import numpy as np


def header(shape, descr="'<f8'", fortran=False, version=1):
    """An NPY header that announces what it is told to."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    text += b" " * (64 - (len(text) + 11) % 64) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npz(packed=zipfile.ZIP_STORED, /, **members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for name, value in members.items():
            content = value if isinstance(value, bytes) else npy(np.asarray(value))
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def sparse_npz(**changed):
    """A sparse NPZ of a 2×3 matrix with some parts changed or left out."""
    parts = dict(format=b"csr", shape=[2, 3], data=[1.0, 2], indices=[0, 2], indptr=[0, 1, 2])
    parts.update(changed)
    parts["format"] = np.array(parts["format"])
    return npz(**{name: value for name, value in parts.items() if value is not None})


def coo_npz(**changed):
    return sparse_npz(
        **{**dict(format=b"coo", indices=None, indptr=None, row=[0, 1], col=[0, 2]), **changed}
    )


def mtx(body, kind="coordinate real general"):
    return f"%%MatrixMarket matrix {kind}\n{body}"


GOOD = npy(np.arange(12.0).reshape(3, 4))
GOOD_ZIP = npz(zipfile.ZIP_DEFLATED, X=np.arange(2000.0).reshape(50, 40))
GOOD_GZ = gzip.compress(b"1,2,3\n4,5,6\n" * 100)


class Trap:
    """Unpickling it would leave a trace."""

    def __reduce__(self):
        return os.mkdir, ("unpickled",)


BAD = {  # a content that takes long to make is a function
    # text: cells
    "letter.csv": ("1,2\n3,x\n", "'x' in line 2, column 2"),
    "letter_named.csv": ("a,b\n1,2\n3,x\n", r"'x' in line 3, column 2 \('b'\)"),
    "letter_first.csv": ("1,x\n3,4\n", "'x' in line 1, column 2 beside numbers"),
    "letter_in_names.csv": ("1,2\nabc,4\n", "'abc' in line 2, column 1; .* index=yes"),
    "letter_indexed.csv": ("id,a,b\nu,1,2\nv,3,x\n", r"'x' in line 3, column 3 \('b'\)"),
    "inf.csv": ("1,2\n3,inf\n", "'inf' in line 2, column 2"),
    "minus_inf.csv": ("1,2\n3,-Infinity\n", "'-Infinity' in line 2, column 2"),
    "huge.csv": ("1,2\n3,1e999\n", "'1e999' in line 2, column 2"),
    "underscore.csv": ("1,2\n3,1_000\n", "'1_000' in line 2, column 2"),
    "comma_or_thousands.csv": ("a;b\n1;2\n3;4,500\n", "'4,500' in line 3, column 2, whose comma"),
    "comma_or_thousands_late.csv": ("1;2\n" * 99 + "1;-4,500\n", "'-4,500' in line 100, column 2"),
    "comma_and_point.csv": ("1,5;2\n3;4.5\n", r"'4.5' in line 2, column 2.*\(decimal=comma\)"),
    "comma_after_points.csv": ("1;2.5\n" * 99 + "1,5;2\n", "'2.5' in line 1, column 2.*decimal="),
    "comma_quoted.csv": ('1,2\n3,"4,5"\n', "'4,5' in line 2, column 2.*decimal=comma"),
    "comma_quoted_first.csv": ('"1,5",2\n3,4\n', "'1,5' in line 1, column 1.*decimal=comma"),
    "comma_quoted_names.csv": ('2,3\n"1,500",4\n"2,500",4\n', "'1,500' in line 2.*or index=yes"),
    "thousands.csv": ("1;2\n3;1.000.000\n", "'1.000.000' in line 2.*decimal=comma"),
    "both_commas.csv": ("1;2\n3;1,000.5\n", "'1,000.5' in line 2.*decimal=point"),
    "currency.csv": ("1,2\n3,$5\n", r"'\$5' in line 2"),
    "percent.csv": ("1,2\n3,5%\n", "'5%' in line 2"),
    "complex.csv": ("1,2\n3,1+2j\n", "'1\\+2j' in line 2"),
    "hex.csv": ("1,2\n3,0x1F\n", "'0x1F' in line 2"),
    "bool.csv": ("1,2\n3,True\n", "'True' in line 2"),
    "date.csv": ("1,2\n3,2024-01-01\n", "'2024-01-01' in line 2"),
    "long.csv": ("1,2\n3," + "x" * 500 + "\n", r"xxx\.\.\. in line 2"),
    "script.csv": ("1,2\n3,<script>\n", "'<script>' in line 2"),
    "break.csv": ('1,2\n3,"x\ny"\n', r"'x\\ny' in line 3"),
    # text: shape
    "ragged_short.csv": ("1,2,3\n4,5\n", r"line 2 \(2\) than in the lines before \(3\)"),
    "ragged_long.csv": ("1,2,3\n4,5,6\n7,8,9,0\n", r"line 3 \(4\) than in the lines before \(3\)"),
    "ragged_header.csv": ("a,b,c,d\n1,2\n3,4\n", r"line 2 \(2\) than in the lines before \(4\)"),
    "ragged.txt": ("1 2 3\n4 5\n", r"line 2 \(2\)"),
    "trailing_late.csv": ("1,2,\n" * 60 + "3,4,5\n", r"line 61 \(3\) than .* before \(2\)"),
    "years.csv": ("1990,1991,1992\n5,6,7\n", "1990, 1991, …, above all .*header=yes .* header=no"),
    "years_beside.csv": ("1990,1\n1991,7\n1992,4\n", "first column that counts .* index=yes if"),
    "hole.csv": ("1\n2\n\n4\n", "nothing in line 3"),
    "names.csv": ("a,b,c\n", "names but no numbers"),
    "names_only.csv": ("a\nb\nc\n", "'b' in line 2"),
    "empty.csv": ("", "is empty"),
    "blank.csv": ("\n \n\t\n", "no rows"),
    "comments.csv": ("# a\n# b\n", "no rows"),
    "commas.csv": (",,,\n,,,\n", "no rows"),
    "excel_only.csv": ("sep=;\n", "no rows"),
    "bom.csv": ("\ufeff", "no rows"),
    "quote.csv": ('"a,1,2\n3,4,5\n', "cannot be read"),
    "quote_after.csv": ('1,2\n3,"4"5\n', "cannot be read"),
    "prose.txt": ("Dear all,\nplease find the matrix\nattached.\n", "in line|no numbers"),
    "page.csv": ("<html><body>404, not found</body></html>\n", "in line|no numbers"),
    "json.csv": ('{"X": [[1, 2], [3, 4]]}\n', "in line|no numbers|cannot"),
    # text: bytes
    "binary.csv": (bytes(range(256)), "not a text file"),
    "nul.csv": (b"1,2\n3,\0\n", "not a text file"),
    "npy.csv": (GOOD, "not a text file"),
    "zip.csv": (GOOD_ZIP, "is a zip file; possible: an ending in .zip"),
    "utf16_cut.csv": (b"\xff\xfe1\x00,\x00\x32", "cannot be read|no rows"),
    "late.csv": (b"1,2\n" * 3000 + b"\0\0,\1\n", r"line 3001"),
    # gzip
    "plain.csv.gz": ("1,2\n3,4\n", "is not a gzip file"),
    "packed.csv": (GOOD_GZ, "is a gzip file"),
    "cut.csv.gz": (GOOD_GZ[:-9], "cannot be read|more than a file of"),
    "cut_early.csv.gz": (GOOD_GZ[:12], "cannot be read|more than a file of"),
    "cut_but_for_its_size.csv.gz": (GOOD_GZ[:-9] + GOOD_GZ[-4:], "cannot be read"),
    "checksum.csv.gz": (GOOD_GZ[:-6] + b"\1\2" + GOOD_GZ[-4:], "cannot be read"),
    "flipped.csv.gz": (GOOD_GZ[:14] + b"\xff\xff" + GOOD_GZ[16:], "cannot be read"),
    "magic.csv.gz": (b"\x1f\x8b", "cannot be read"),
    "bomb.csv.gz": (lambda: gzip.compress(b"0,1\n" * 18_000_000), "more than a file of"),
    "bomb_line.csv.gz": (lambda: gzip.compress(b" " * 70_000_000), "more than a file of"),
    "bomb.mtx.gz": (lambda: gzip.compress(b"%" * 70_000_000), "more than a file of"),
    # endings
    "matrix.ods": (GOOD_ZIP, "ends in .ods; possible: .csv"),
    "matrix.pkl": (pickle.dumps([[1]]), "ends in .pkl"),
    "matrix.mat": (b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM", "no single matrix"),
    "matrix73.mat": (b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM", "version 7.3; possible"),
    "noise.mat": (bytes(range(256)), "cannot be read"),
    "matrix.all": (bytes(range(256)), "ends in .all; possible: .csv"),
    "matrix.npy.gz": (gzip.compress(GOOD), "ends in .gz; possible"),
    "matrix.zip": (GOOD_ZIP, "is not a text file"),
    "text.npy": ("1,2\n3,4\n", "not an NPY file"),
    "text.npz": ("1,2\n3,4\n", "not an NPZ file"),
    "text.mtx": ("1,2\n3,4\n", "not a Matrix Market file"),
    "zip.npy": (GOOD_ZIP, "not an NPY file"),
    "npy.npz": (GOOD, "not an NPZ file"),
    "pickle.npy": (pickle.dumps(Trap()), "not an NPY file"),
    # NPY
    "empty.npy": (b"", "is empty"),
    "magic.npy": (GOOD[:6], "not an NPY file"),
    "cut_header.npy": (GOOD[:40], "damaged NPY header"),
    "cut.npy": (GOOD[:-1], r"shape \(3, 4\) in 96 bytes and has 95"),
    "cut_whole.npy": (GOOD[:128], "has 0"),
    "longer.npy": (GOOD + b"\0", "in 96 bytes and has 97"),
    "version.npy": (b"\x93NUMPY\x09\x00" + GOOD[8:], "not an NPY file"),
    "huge.npy": (header("(100000000, 125)") + b"\0" * 64, "announces an array of shape"),
    "huge_v2.npy": (header("(12500000000, 1)", version=2), "announces an array"),
    "overflow.npy": (header("(4294967296, 4294967296)"), "announces an array"),
    "overflow_to_0.npy": (header("(576460752303423488, 32)", "'<u8'"), "announces an array"),
    "digits.npy": (header("(" + "9" * 5000 + ", 1)"), "damaged NPY header"),
    "long_header.npy": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "damaged NPY header"),
    "code.npy": (header("(__import__('os').mkdir('evaluated'), 1)"), "damaged NPY header"),
    "negative.npy": (header("(-1, 2)"), "damaged NPY header"),
    "objects.npy": (npy(np.array([[Trap()]], dtype=object)), "never unpickled"),
    "records.npy": (npy(np.zeros((2, 2), dtype=[("a", float)])), "records"),
    "complex.npy": (npy(np.ones((2, 2), dtype=complex)), "type complex128"),
    "text_entries.npy": (npy(np.array([["a", "b"]])), "type <U1"),
    "bytes_entries.npy": (npy(np.array([[b"a", b"b"]])), "type |S1"),
    "dates.npy": (npy(np.array([["2020"]], dtype="M8[D]")), "records|datetime"),
    "nodtype.npy": (header("(1, 1)", "'<q9'") + b"\0" * 9, "damaged NPY header"),
    "vector.npy": (npy(np.ones(3)), "1 dimensions"),
    "scalar.npy": (npy(np.float64(3)), "0 dimensions"),
    "cube.npy": (npy(np.ones((2, 2, 2))), "3 dimensions"),
    "norows.npy": (npy(np.ones((0, 3))), "0 rows and 3 columns"),
    "nocolumns.npy": (npy(np.ones((3, 0))), "3 rows and 0 columns"),
    # NPZ
    "cut.npz": (GOOD_ZIP[:-30], "not an NPZ file"),
    "cut_front.npz": (GOOD_ZIP[200:], "cannot be read"),
    "flipped.npz": (GOOD_ZIP[:300] + b"\xff" * 50 + GOOD_ZIP[350:], "cannot be read"),
    "none.npz": (npz(), "holds 0 arrays"),
    "two.npz": (npz(a=[[1.0]], b=[[2.0]]), r"holds 2 arrays \(a, b\)"),
    "two_W_H.npz": (npz(W=[[1.0]], H=[[2.0]]), "one named X"),
    "member.npz": (npz(X=b"1,2,3\n"), "X in .*not an NPY file"),
    "member_cut.npz": (npz(X=GOOD[:-8]), "announces an array"),
    "member_huge.npz": (npz(X=header("(12500000000, 1)")), "announces an array"),
    "member_objects.npz": (npz(X=npy(np.array([[Trap()]], dtype=object))), "never unpickled"),
    "vector.npz": (npz(X=[1.0, 2]), "1 dimensions"),
    "word.npz": (npz(zipfile.ZIP_DEFLATED, X=b"PK" * 50), "not an NPY file"),
    # sparse NPZ
    "format.npz": (sparse_npz(format=b"lil"), "cannot be read: .*sparse matrix of format lil"),
    "format_number.npz": (sparse_npz(format=3), "holds entries of type int64"),
    "format_objects.npz": (sparse_npz(format=np.array(Trap(), dtype=object)), "never unpickled"),
    "lists.npz": (sparse_npz(format=[b"csr", b"csc"]), "cannot be read: .*size 1"),
    "nodata.npz": (sparse_npz(data=None), "cannot be read: .data is not"),
    "noindices.npz": (sparse_npz(indices=None, indptr=None), "cannot be read: .indices is not"),
    "shape1.npz": (sparse_npz(shape=[3]), "announces the shape"),
    "shape3.npz": (sparse_npz(shape=[1, 2, 3]), "announces the shape"),
    "shape0.npz": (sparse_npz(shape=[0, 3]), "announces the shape"),
    "shape_negative.npz": (sparse_npz(shape=[-2, 3]), "announces the shape"),
    "shape_huge.npz": (sparse_npz(shape=[12_500_000_000, 3]), "announces 100 GB"),
    "shape_float.npz": (sparse_npz(shape=[2.0, 3.0]), "type float64"),
    "indices_out.npz": (sparse_npz(indices=[0, 3]), "cannot be read"),
    "indices_negative.npz": (sparse_npz(indices=[0, -1]), "cannot be read"),
    "indices_wrap.npz": (sparse_npz(indices=np.uint64([0, 2**64 - 1])), "cannot be read"),
    "indices_wide.npz": (sparse_npz(indices=[0, 2**40]), "cannot be read"),
    "indices_float.npz": (sparse_npz(indices=[0.0, 1.0]), "type float64"),
    "indices_short.npz": (sparse_npz(indices=[0]), "cannot be read"),
    "indices_square.npz": (sparse_npz(indices=[[0, 2]]), "cannot be read"),
    "indptr_down.npz": (sparse_npz(indptr=[0, 2, 1]), "cannot be read"),
    "indptr_far.npz": (sparse_npz(indptr=[0, 1, 9]), "cannot be read"),
    "indptr_short.npz": (sparse_npz(indptr=[0, 2]), "cannot be read"),
    "indptr_start.npz": (sparse_npz(indptr=[1, 1, 2]), "cannot be read"),
    "is_array.npz": (sparse_npz(_is_array=b"\x93NUMPY\1\0v\0{'descr'"), "damaged NPY header"),
    "data_short.npz": (sparse_npz(data=[1.0]), "cannot be read"),
    "data_complex.npz": (sparse_npz(data=[1j, 2]), "type complex128"),
    "data_text.npz": (sparse_npz(data=["a", "b"]), "type <U1"),
    "coo_row.npz": (coo_npz(row=[0, 2]), "cannot be read"),
    "coo_col.npz": (coo_npz(col=[0, -1]), "cannot be read"),
    "coo_length.npz": (coo_npz(row=[0]), "cannot be read"),
    "coo_part.npz": (coo_npz(row=None), "cannot be read: .row is not"),
    "bsr.npz": (sparse_npz(format=b"bsr", data=np.ones((2, 2, 2))), "cannot be read"),
    "dia.npz": (sparse_npz(format=b"dia", offsets=[[0]]), "cannot be read"),
    # Matrix Market
    "banner.mtx": ("%%MatrixMarket\n1 1 1\n1 1 1\n", "not a Matrix Market file"),
    "vector.mtx": ("%%MatrixMarket vector coordinate real general\n", "not a Matrix Market"),
    "complex.mtx": (mtx("1 1 1\n1 1 1 0\n", "coordinate complex general"), "kind 'coord"),
    "layout.mtx": (mtx("1 1 1\n1 1 1\n", "list real general"), "kind 'list real"),
    "symmetry.mtx": (mtx("2 2 1\n1 1 1\n", "coordinate real sideways"), "real sideways'; possible"),
    "nosizes.mtx": (mtx(""), "no line with the 3 sizes"),
    "nosizes_comment.mtx": (mtx("% only\n%\n"), "no line with the 3 sizes"),
    "sizes2.mtx": (mtx("2 2\n1 1 1\n"), "no line with the 3 sizes"),
    "sizes3.mtx": (mtx("2 2 4\n1\n", "array real general"), "no line with the 2 sizes"),
    "sizes_word.mtx": (mtx("two 2 1\n1 1 1\n"), "no line with the 3 sizes"),
    "sizes_negative.mtx": (mtx("-2 2 1\n1 1 1\n"), "no line with the 3 sizes"),
    "sizes_digits.mtx": (mtx("9" * 5000 + " 2 1\n1 1 1\n"), "no line with the 3 sizes"),
    "norows.mtx": (mtx("0 2 0\n"), "0 rows and 2 columns"),
    "huge.mtx": (mtx("12500000000 1 1\n1 1 1\n"), "announces 100 GB"),
    "huge_nnz.mtx": (mtx("9 9 12500000000\n1 1 1\n"), "announces 37500000000 numbers and has 3"),
    "huge_array.mtx": (mtx("100000 125000\n1\n", "array real general"), "announces 12500000000"),
    "short.mtx": (mtx("2 2 2\n1 1 1\n"), "announces 6 numbers and has 3"),
    "long.mtx": (mtx("2 2 1\n1 1 1\n2 2 2\n"), "announces 3 numbers and has 6"),
    "wide.mtx": (mtx("2 2 1\n1 1 1 1\n"), "announces 3 numbers and has 4"),
    "shifted.mtx": (mtx("2 2 2\n1 1 1 2\n2 3\n"), "cannot be read"),
    "row.mtx": (mtx("2 2 1\n3 1 1\n"), "entry at row 3, column 1"),
    "row0.mtx": (mtx("2 2 1\n0 1 1\n"), "entry at row 0, column 1"),
    "column.mtx": (mtx("2 2 1\n1 3 1\n"), "entry at row 1, column 3"),
    "column_negative.mtx": (mtx("2 2 1\n1 -1 1\n"), "entry at row 1, column -1"),
    "word.mtx": (mtx("2 2 1\n1 1 x\n"), "cannot be read"),
    "halves.mtx": (mtx("2 2 1\n1.5 1 1\n"), "entry at row 1.5"),
    "integers.mtx": (mtx("2 2 1\n1 1 1.5\n", "coordinate integer general"), "announces integers"),
    "oblong.mtx": (mtx("2 3 1\n1 1 1\n", "coordinate real symmetric"), "symmetric and 2×3"),
    "pattern.mtx": (mtx("1 1\n1\n", "array pattern general"), "kind 'array pattern"),
    "array.mtx": (mtx("2 2\n1\n2\n3\n", "array real general"), "announces 4 numbers and has 3"),
    "array_word.mtx": (mtx("1 1\nx\n", "array real general"), "cannot be read"),
    "plain.mtx.gz": (mtx("1 1 1\n1 1 1\n"), "is not a gzip file"),
    "cut.mtx.gz": (gzip.compress(mtx("1 1 1\n1 1 1\n").encode())[:-9], "cannot be read"),
}  # fmt: skip

NOT_DATA = {  # read as a matrix, refused as data
    "negative.csv": ("1,2\n3,-4\n", "negative.csv: X has 1 negative entries, the lowest -4"),
    "zero.csv": ("0,0\n0,0\n", "zero.csv: X is all zero"),
    "large.csv": ("1,1e200\n", "large.csv: X has 1e\\+200"),
    "nan.npy": (npy(np.array([[np.nan, np.nan]])), "nan.npy: X has no known entry"),
    "nan.csv": ("NA,\n?,nan\n", "nan.csv: X has no known entry"),
    "inf.npy": (npy(np.array([[1.0, np.inf]])), "infinity at row 0, column 1"),
    "nan.mtx": (mtx("2 2 1\n2 1 nan\n"), "all zero"),
    "cancel.mtx": (mtx("2 2 2\n1 1 1\n1 1 -1\n"), "all zero"),
    "skew.mtx": (mtx("2 2 1\n2 1 1\n", "coordinate real skew-symmetric"), "negative"),
    "none.mtx": (mtx("2 2 0\n"), "all zero"),
    "minus.npz": (sparse_npz(data=[1.0, -2]), "minus.npz: X has 1 negative"),
}
