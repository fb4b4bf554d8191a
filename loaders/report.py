"""The report of a load, as text and as JSON."""

from dataclasses import asdict, dataclass, field

from loaders.contract import Contract
from loaders.ledger import CHANGED, LOADED, REJECTED, Batch, Outcome


@dataclass
class DatasetReport:
    """Report of one dataset; `bytes` of the loaded files, `seconds` of wall time."""

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
    rows_loaded: int = 0
    rows_rejected: int = 0
    bytes: int = 0
    seconds: float = 0.0
    batches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str = ""

    @classmethod
    def of(cls, contract: Contract) -> "DatasetReport":
        """An empty report."""
        return cls(contract.dataset, f"{contract.schema}.{contract.identifier}")

    def note(self, *notes: str) -> None:
        """Add notes, without duplicates."""
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]

    def add(self, batch: Batch) -> None:
        """Add a closed batch."""
        self.batches.append(batch.load_id)
        for outcome in batch.outcomes:
            self._add(outcome)

    def _add(self, outcome: Outcome) -> None:
        if outcome.state == LOADED:
            self.files_done += 1
            self.files_replaced += outcome.replaces
            self.files_new += not outcome.replaces
            self.rows_read += outcome.rows_read or 0
            self.rows_loaded += outcome.rows_loaded
            self.rows_rejected += outcome.rows_rejected
            self.bytes += outcome.size
        elif outcome.state == REJECTED:
            self.files_done += 1
            self.files_rejected += 1
            self.note(f"{outcome.source_file} was rejected: {outcome.reason}")
        elif outcome.state == CHANGED:
            self.note(f"{outcome.source_file} was changed or removed while it was loaded")

    @property
    def clean(self) -> bool:
        """Whether no row and no file was rejected."""
        return not (self.files_rejected or self.rows_rejected)

    @property
    def rows_per_second(self) -> float:
        """Rows read per second of wall time."""
        return round(self.rows_read / self.seconds, 1) if self.seconds else 0.0

    @property
    def sentence(self) -> str:
        """Summary in one line."""
        if self.error:
            return f"{self.dataset}: failed: {self.error}"
        if not self.batches:
            known = (
                f"nothing new ({self.files_seen} known files)"
                if self.files_seen
                else "no files in the landing folder"
            )
            return f"{self.dataset}: {known}"
        rows = f"{self.rows_loaded:,} rows from {self.files_new + self.files_replaced} files"
        replaced = f" ({self.files_replaced} of them replaced)" if self.files_replaced else ""
        parts = [f"{rows}{replaced} into {self.table}"]
        if self.rows_rejected:
            parts.append(f"{self.rows_rejected:,} rows in the quarantine")
        if self.files_rejected:
            parts.append(f"{self.files_rejected} files rejected")
        speed = f"{self.seconds:.1f} s, {self.rows_per_second:,.0f} rows/s"
        return f"{self.dataset}: {', '.join(parts)} ({self.bytes / 1e6:,.1f} MB, {speed})"

    def as_dict(self) -> dict:
        """The report for `--json`."""
        return {**asdict(self), "rows_per_second": self.rows_per_second}
