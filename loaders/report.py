"""What a load did, for a person and for a machine."""

from dataclasses import asdict, dataclass, field


@dataclass
class DatasetReport:
    """One dataset of a load. Counts are of files and rows; `seconds` is wall time.

    `rows_duplicate` counts landed rows that repeat the declared key of a row
    in bronze; they are landed all the same.
    """

    dataset: str
    table: str
    files_seen: int = 0
    files_planned: int = 0
    files_done: int = 0
    files_new: int = 0
    files_replaced: int = 0
    files_rejected: int = 0
    files_missing: int = 0
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    bytes: int = 0
    seconds: float = 0.0
    batches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def clean(self) -> bool:
        """Whether every row and file fitted its contract."""
        return not (self.files_rejected or self.rows_rejected)

    @property
    def rows_per_second(self) -> float:
        """Rows read in a second of wall time."""
        return round(self.rows_read / self.seconds, 1) if self.seconds else 0.0

    @property
    def sentence(self) -> str:
        """One line for a person."""
        if self.error:
            return f"{self.dataset}: failed: {self.error}"
        if not self.batches:
            known = f"nothing new ({self.files_seen} files known)" if self.files_seen else "no files in landing"
            return f"{self.dataset}: {known}"
        parts = [f"{self.rows_landed:,} rows from {self.files_new + self.files_replaced} files"]
        if self.files_replaced:
            parts.append(f"{self.files_replaced} of them replaced")
        if self.rows_rejected:
            parts.append(f"{self.rows_rejected:,} rows in the quarantine")
        if self.files_rejected:
            parts.append(f"{self.files_rejected} files rejected")
        if self.rows_duplicate:
            parts.append(f"{self.rows_duplicate:,} rows repeat a key")
        size = f"{self.bytes / 1e6:,.1f} MB, "
        return (
            f"{self.dataset}: {', '.join(parts)} into {self.table} "
            f"({size}{self.seconds:.1f} s, {self.rows_per_second:,.0f} rows/s)"
        )

    def as_dict(self) -> dict:
        """The same for a machine."""
        return {**asdict(self), "rows_per_second": self.rows_per_second}
