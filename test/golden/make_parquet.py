"""Makes Parquet files as others write them, in parquet/. Needs pyarrow 26.0.1. Usage: python make_parquet.py

nan.parquet: `x` is 1, 2, NaN, 3 and -0.0; the statistics leave NaN out of the largest value, as pyarrow, Spark and others do;
`y` is 1 to 5.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).parent / "parquet"
folder.mkdir(exist_ok=True)
x = [1.0, 2.0, float("nan"), 3.0, -0.0]
pq.write_table(pa.table({"x": x, "y": [1.0, 2.0, 3.0, 4.0, 5.0]}), folder / "nan.parquet")
