"""The worksheet of notebook 22, filled in."""
import importlib.util
from pathlib import Path

spec = importlib.util.spec_from_file_location("worksheet", Path(__file__).with_name("22_worksheet.py"))
worksheet = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worksheet)

if __name__ == "__main__":
    worksheet.FILLED = True
    worksheet.draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
