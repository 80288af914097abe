"""What pyproject.toml cannot say: the index's description is the README with absolute links."""

import re
import tomllib
from pathlib import Path

from setuptools import setup

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
repository, tag = project["urls"]["Repository"], f"v{project['version']}"
readme = Path("README.md").read_text(encoding="utf-8")
readme = re.sub(r"\]\((?!https?:|#)(\S+\.png)\)", rf"]({repository}/raw/{tag}/\1)", readme)
readme = re.sub(r"\]\((?!https?:|#)", f"]({repository}/blob/{tag}/", readme)
setup(long_description=readme, long_description_content_type="text/markdown")
